// SPDX-License-Identifier: GPL-2.0
/*
 * LD_PRELOAD=nlfuzz_record.so NLRECORD=FILE mbctl ...: what it sends to a family of generic netlink is
 * also appended to FILE, one message behind the other.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t size)
{
	static ssize_t (*real)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	const char *path = getenv("NLRECORD");
	const struct nlmsghdr *nlh = buf;
	int out;

	if (!real)
		real = dlsym(RTLD_NEXT, "sendto");
	if (path && len >= NLMSG_HDRLEN && nlh->nlmsg_type > GENL_ID_CTRL) {
		out = open(path, O_WRONLY | O_APPEND | O_CREAT, 0644);
		if (out < 0 || write(out, buf, len) != (ssize_t)len)
			abort();
		close(out);
	}
	return real(fd, buf, len, flags, to, size);
}
