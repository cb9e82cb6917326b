# SPDX-License-Identifier: GPL-2.0
# What mbctl asks the system for, around.c answers.
around_wrap := $(foreach name,mnl_socket_open2 mnl_socket_bind mnl_socket_close mnl_socket_get_fd \
		 mnl_socket_setsockopt mnl_socket_sendto recv setsockopt getsockopt poll nanosleep \
		 clock_gettime time signal sigprocmask signalfd setns fopen,-Xlinker --wrap=$(name))
