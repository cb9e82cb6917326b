// SPDX-License-Identifier: GPL-2.0
/* The table of sites: cases with names. test_site_random.c has the others. */

#include "ktap.h"
#include "site_model.h"

static struct mutex lock;

/* Adds an entry from text, named by its comment. */
static void add(struct mb_sites *t, const char *name, const char *text,
		bool replace, const char *error)
{
	struct netlink_ext_ack extack = { NULL };
	struct mb_site_new new;
	int err;

	parse_entry(text, &new);
	new.comment = name;
	err = mb_sites_add(t, &new, replace, &lock, &extack);
	if (!error && err)
		ktap_fail("%s: error %d", text, err);
	else if (error && !err)
		ktap_fail("%s: no error", text);
	else if (error && !(extack._msg && strstr(extack._msg, error)))
		ktap_fail("%s: \"%s\" is not in \"%s\"", text, error, extack._msg);
}

static void del(struct mb_sites *t, const char *text, const char *error)
{
	struct netlink_ext_ack extack = { NULL };
	struct mb_site_new new;
	int err;

	parse_entry(text, &new);
	err = mb_sites_del(t, &new.key, &lock, &extack);
	if (!error != !err)
		ktap_fail("%s: error %d", text, err);
	if (error && !(extack._msg && strstr(extack._msg, error)))
		ktap_fail("%s: \"%s\" is not in \"%s\"", text, error, extack._msg);
}

/* Checks the names of all entries that match, the one that decides first. */
static void expect(struct mb_sites *t, const char *query, const char *names)
{
	struct mb_site *found[8], *first;
	struct mb_site_query q;
	unsigned int i, n;
	char got[600] = "";

	parse_query(query, &q);
	rcu_read_lock();
	n = mb_sites_match_all(t, &q, found, 8);
	first = mb_sites_lookup(t, &q);
	if (first != (n ? found[0] : NULL))
		ktap_fail("%s: lookup and match_all differ", query);
	for (i = 0; i < n && i < 8; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s",
			 i ? " " : "", mb_site_comment(found[i]));
	rcu_read_unlock();
	if (strcmp(got, names))
		ktap_fail("%s: %s decide, should be %s", query, got, names);
}

static struct mb_sites *begin(void)
{
	mutex_lock(&lock);
	return mb_sites_alloc();
}

static void end(struct mb_sites *t, const char *name)
{
	mutex_unlock(&lock);
	mb_sites_free(t);
	shim_grace_period();
	if (shim_in_use)
		ktap_fail("%ld pieces of memory are left", shim_in_use);
	shim_in_use = 0;
	ktap_done(name);
}

static void test_prefixes(void)
{
	struct mb_sites *t = begin();

	expect(t, "10.1.2.3", "");
	add(t, "host", "198.51.100.7 allow", false, NULL);
	add(t, "wide", "10.1.0.0/16 deny", false, NULL);
	add(t, "narrow", "10.1.2.0/24 allow", false, NULL);
	add(t, "wide6", "2001:db8::/32 deny", false, NULL);
	add(t, "narrow6", "2001:db8:0:2::/64 allow", false, NULL);
	expect(t, "198.51.100.7", "host");
	expect(t, "198.51.100.6", "");
	expect(t, "10.1.2.255", "narrow wide");
	expect(t, "10.1.3.0", "wide");
	expect(t, "10.2.2.1", "");
	expect(t, "2001:db8:0:2::1", "narrow6 wide6");
	expect(t, "2001:db8:0:3::1", "wide6");
	expect(t, "2001:db9::1", "");
	end(t, "longest prefix decides");
}

static void test_any(void)
{
	struct mb_sites *t = begin();

	add(t, "any", "any deny", false, NULL);
	add(t, "all4", "0.0.0.0/0 allow", false, NULL);
	add(t, "client", "any from 10.0.0.0/8 deny", false, NULL);
	add(t, "client6", "any from ::/0 deny", false, NULL);
	add(t, "client4", "any from 0.0.0.0/0 deny", false, NULL);
	expect(t, "192.0.2.1", "all4 any");
	expect(t, "192.0.2.1 from 10.1.1.1", "all4 client client4 any");
	expect(t, "192.0.2.1 from 11.1.1.1", "all4 client4 any");
	expect(t, "2001:db8::1", "any");
	expect(t, "2001:db8::1 from a00::1", "client6 any");
	del(t, "0.0.0.0/0", NULL);
	expect(t, "192.0.2.1", "any");
	add(t, "all6", "::/0 allow", false, NULL);
	expect(t, "2001:db8::1", "all6 any");
	expect(t, "192.0.2.1", "any");
	end(t, "any is shorter than 0.0.0.0/0 and ::/0");
}

static void test_qualifiers(void)
{
	struct mb_sites *t = begin();

	add(t, "none", "192.0.2.0/24 deny", false, NULL);
	add(t, "port", "192.0.2.0/24 port 443 deny", false, NULL);
	add(t, "from", "192.0.2.0/24 from 10.0.0.0/8 deny", false, NULL);
	add(t, "from+", "192.0.2.0/24 from 10.1.0.0/16 deny", false, NULL);
	add(t, "from-port", "192.0.2.0/24 from 10.0.0.0/8 port 443 deny", false, NULL);
	add(t, "mark", "192.0.2.0/24 mark 1/1 deny", false, NULL);
	add(t, "ctmark", "192.0.2.0/24 ctmark 2/2 deny", false, NULL);
	add(t, "both", "192.0.2.0/24 mark 1/1 ctmark 2/2 deny", false, NULL);
	add(t, "port-mark", "192.0.2.0/24 port 443 mark 1/1 deny", false, NULL);
	add(t, "host", "192.0.2.9 deny", false, NULL);
	add(t, "far-mark", "192.0.0.0/16 mark 4/4 deny", false, NULL);

	expect(t, "192.0.2.1", "none");
	expect(t, "192.0.2.1 port 80 from 10.0.0.1", "from none");
	expect(t, "192.0.2.1 port 443 from 10.1.2.3", "from+ from-port from port none");
	expect(t, "192.0.2.1 port 443 from 172.16.0.1", "port none");
	expect(t, "192.0.2.1 mark 3", "mark none");
	expect(t, "192.0.2.1 ctmark 3", "ctmark none");
	expect(t, "192.0.2.1 mark 1 ctmark 2", "both ctmark mark none");
	expect(t, "192.0.2.1 port 443 mark 1 ctmark 2",
	       "port-mark both ctmark mark port none");
	expect(t, "192.0.2.9 mark 1", "mark host none");
	expect(t, "192.0.2.9 mark 5", "mark far-mark host none");
	expect(t, "192.0.2.9 mark 4", "far-mark host none");
	expect(t, "192.0.2.9 port 443", "host port none");
	end(t, "from beats port beats ctmark beats mark, marks beat prefixes");
}

static void test_override(void)
{
	struct mb_sites *t = begin();

	add(t, "host", "203.0.113.5 from 10.0.0.0/8 port 443 mark 1 allow", false, NULL);
	add(t, "net", "203.0.113.0/24 allow", false, NULL);
	add(t, "pierce", "203.0.0.0/16 deny override", false, NULL);
	add(t, "pierce443", "203.0.0.0/16 port 443 allow override", false, NULL);
	expect(t, "203.0.113.5 port 443 mark 1 from 10.1.1.1",
	       "pierce443 pierce host net");
	expect(t, "203.0.113.5 port 80", "pierce net");
	del(t, "203.0.0.0/16 override", NULL);
	expect(t, "203.0.113.5 port 80", "net");
	end(t, "override pierces longer prefixes");
}

/* No entry of the longest prefix matches: shorter ones have their turn. */
static void test_fallback(void)
{
	struct mb_sites *t = begin();
	char text[80], names[600] = "";
	unsigned int len;

	for (len = 1; len <= 128; len++) {
		snprintf(text, sizeof(text), "8000::/%u port %u deny", len, len);
		add(t, "x", text, false, NULL);
	}
	add(t, "any", "any deny", false, NULL);
	for (len = 1; len <= 128; len++) {
		snprintf(text, sizeof(text), "8000:: port %u", len);
		expect(t, text, "x any");
	}
	expect(t, "8000:: port 500", "any");
	snprintf(names, sizeof(names), "x any");
	expect(t, "8000::1 port 127", names);
	expect(t, "8000::1 port 128", "any");
	for (len = 1; len <= 128; len++) {
		snprintf(text, sizeof(text), "8000::/%u port %u", len, len);
		del(t, text, NULL);
		snprintf(text, sizeof(text), "8000:: port %u", len);
		expect(t, text, "any");
		if (len < 128) {
			snprintf(text, sizeof(text), "8000:: port %u", len + 1);
			expect(t, text, "x any");
		}
	}
	end(t, "shorter prefixes match where longer ones do not");
}

static void test_timeout(void)
{
	struct mb_sites *t = begin();

	if (mb_sites_expire(t, &lock) != MAX_SCHEDULE_TIMEOUT)
		ktap_fail("an empty table expires");
	add(t, "soon", "192.0.2.1 deny timeout 10", false, NULL);
	add(t, "soon6", "2001:db8::1 deny timeout 20", false, NULL);
	add(t, "net", "192.0.2.0/24 allow", false, NULL);
	add(t, "mask", "192.0.2.1 mark 1/1 deny timeout 10", false, NULL);
	expect(t, "192.0.2.1", "soon net");
	if (mb_sites_expire(t, &lock) != 10 * HZ)
		ktap_fail("the next timeout is not in 10 s");
	shim_jiffies += 10 * HZ - 1;
	expect(t, "192.0.2.1 mark 1", "mask soon net");
	shim_jiffies++;
	expect(t, "192.0.2.1 mark 1", "net");
	del(t, "192.0.2.1", "no such entry");
	add(t, "mask2", "192.0.2.1 mark 3/3 allow", false, NULL);
	add(t, "again", "192.0.2.1 allow timeout 30", false, NULL);
	expect(t, "192.0.2.1", "again net");
	add(t, "again2", "192.0.2.1 allow", true, NULL);
	if (mb_sites_expire(t, &lock) != 10 * HZ)
		ktap_fail("the next timeout is not in 10 s");
	if (mb_sites_count(t) != 4)
		ktap_fail("%u entries, not 4", mb_sites_count(t));
	shim_jiffies += 10 * HZ;
	if (mb_sites_expire(t, &lock) != MAX_SCHEDULE_TIMEOUT)
		ktap_fail("something still has a timeout");
	expect(t, "192.0.2.1", "again2 net");
	end(t, "entries with a timeout go");
}

/* Without memory nothing changes, but entries stop to match all the same. */
static void test_starved(void)
{
	struct mb_sites *t = begin();
	struct netlink_ext_ack extack;
	struct mb_site_new new;

	add(t, "a", "192.0.2.1 deny timeout 10", false, NULL);
	add(t, "b", "192.0.2.2 deny", false, NULL);
	add(t, "c", "192.0.2.3 deny", false, NULL);
	shim_fail_in = -1;
	parse_entry("192.0.2.4", &new);
	if (mb_sites_add(t, &new, false, &lock, &extack) != -ENOMEM)
		ktap_fail("add needs no memory");
	parse_entry("192.0.2.2", &new);
	if (mb_sites_del(t, &new.key, &lock, &extack) != -ENOMEM)
		ktap_fail("del needs no memory");
	expect(t, "192.0.2.2", "b");
	shim_jiffies += 10 * HZ;
	if (mb_sites_expire(t, &lock) != HZ || mb_sites_count(t) != 3)
		ktap_fail("expire does not wait for memory");
	expect(t, "192.0.2.1", "");
	shim_fail_in = 0;
	if (mb_sites_expire(t, &lock) != MAX_SCHEDULE_TIMEOUT ||
	    mb_sites_count(t) != 2)
		ktap_fail("expire with memory");
	end(t, "no memory");
}

static void test_refusals(void)
{
	static const char *const bad[][2] = {
		{ "192.0.2.1/24", "bits set after its prefix" },
		{ "2001:db8::1/127", "bits set after its prefix" },
		{ "0.0.0.0/33", "longer than an address" },
		{ "::/129", "longer than an address" },
		{ "any from 10.0.0.1/8", "bits set after its prefix" },
		{ "192.0.2.1 from ::/0", "address family" },
		{ "192.0.2.1 from 0.0.0.0/40", "longer than an address" },
		{ "192.0.2.1 port 0", "port 0" },
		{ "192.0.2.1 mark 2/1", "outside its mask" },
		{ "192.0.2.1 mark 0/0", "mask is 0" },
		{ "192.0.2.1 ctmark 4/3", "outside its mask" },
		{ "192.0.2.1 ctmark 0/0", "mask is 0" },
	};
	struct mb_sites *t = begin();
	char comment[MPTCP_MB_COMMENT_LEN + 2] = "";
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		add(t, "bad", bad[i][0], false, bad[i][1]);
	memset(comment, 'c', sizeof(comment) - 1);
	add(t, comment, "192.0.2.1", false, "comment");
	if (mb_sites_count(t))
		ktap_fail("something was added");
	add(t, comment + 1, "192.0.2.1", false, NULL);
	add(t, "twice", "192.0.2.1 deny", false, "use replace");
	expect(t, "192.0.2.1", comment + 1);
	add(t, "new", "192.0.2.1 deny", true, NULL);
	expect(t, "192.0.2.1", "new");

	add(t, "a", "192.0.2.1 mark 1/3", false, NULL);
	add(t, "b", "192.0.2.1 mark 4/4", false, "overlap");
	add(t, "c", "192.0.2.1 mark 1/1", true, "overlap");
	add(t, "d", "192.0.2.1 mark 2/3", false, NULL);
	add(t, "e", "192.0.2.1 mark 1/1 port 80", false, NULL);
	add(t, "f", "192.0.2.1 mark 1/1 override", false, NULL);
	add(t, "g", "192.0.2.1 ctmark 1/1", false, NULL);
	add(t, "h", "192.0.2.1 mark 1/1 ctmark 1/1", false, NULL);
	add(t, "i", "192.0.2.1 mark 1/1 ctmark 2/2", false, "overlap");
	add(t, "j", "192.0.2.1 mark 1/1 ctmark 0/1", false, NULL);
	expect(t, "192.0.2.1 mark 1 ctmark 1", "f h g a new");
	del(t, "192.0.2.1 mark 1/1", "no such entry");
	del(t, "192.0.2.2", "no such entry");
	del(t, "::", "no such entry");
	del(t, "192.0.2.1 mark 1/3", NULL);
	add(t, "c", "192.0.2.1 mark 1/1 port 81", false, NULL);
	end(t, "refusals name the cause and change nothing");
}

static void test_counts(void)
{
	struct mb_sites *t = begin();
	struct mb_site_new new;
	struct mb_site *s;

	add(t, "x", "192.0.2.1 allow", false, NULL);
	add(t, "x", "192.0.2.2 allow", false, NULL);
	if (mb_sites_refuse(t))
		ktap_fail("allow refuses");
	add(t, "x", "192.0.2.1 allow join reset", true, NULL);
	if (!mb_sites_refuse(t))
		ktap_fail("join reset does not refuse");
	add(t, "x", "192.0.2.1 allow", true, NULL);
	if (mb_sites_refuse(t))
		ktap_fail("allow refuses after replace");
	add(t, "x", "192.0.2.3 deny", false, NULL);
	if (!mb_sites_refuse(t) || mb_sites_count(t) != 3)
		ktap_fail("deny does not refuse, or %u are not 3", mb_sites_count(t));
	del(t, "192.0.2.3", NULL);
	if (mb_sites_refuse(t) || mb_sites_count(t) != 2)
		ktap_fail("refuses after del, or %u are not 2", mb_sites_count(t));
	parse_entry("192.0.2.1", &new);
	s = mb_sites_find(t, &new.key);
	mb_site_hit(s);
	mb_site_hit(s);
	if (atomic64_read(&s->hits) != 2 || s->last_hit != shim_seconds)
		ktap_fail("hits are not counted");
	add(t, "x", "192.0.2.1 allow", true, NULL);
	s = mb_sites_find(t, &new.key);
	if (atomic64_read(&s->hits) || s->last_hit)
		ktap_fail("a replaced entry keeps hits");
	end(t, "counts, refuse, hits");
}

static void compare(struct mb_sites *a, struct mb_sites *b, u32 added, u32 removed)
{
	u32 got_added, got_removed;

	mb_sites_compare(a, b, &got_added, &got_removed);
	if (got_added != added || got_removed != removed)
		ktap_fail("%u added, %u removed, not %u and %u", got_added,
			  got_removed, added, removed);
}

static void test_compare(void)
{
	struct mb_sites *a = begin(), *b = mb_sites_alloc();

	compare(a, b, 0, 0);
	add(a, "x", "192.0.2.1 deny", false, NULL);
	compare(a, b, 0, 1);
	add(b, "x", "192.0.2.1 deny", false, NULL);
	add(b, "x", "192.0.2.1 port 80 deny", false, NULL);
	compare(a, b, 1, 0);
	add(a, "x", "192.0.2.1 port 80 allow", false, NULL);
	compare(a, b, 1, 1);
	add(b, "x", "192.0.2.1 port 80 allow timeout 5", true, NULL);
	compare(a, b, 1, 1);
	add(a, "x", "192.0.2.1 port 80 allow timeout 9", true, NULL);
	compare(a, b, 0, 0);
	add(a, "y", "192.0.2.1 deny", true, NULL);
	compare(a, b, 1, 1);
	shim_jiffies += 5 * HZ;
	compare(a, b, 1, 2);
	mb_sites_free(b);
	end(a, "compare");
}

int main(void)
{
	ktap_plan(10);
	test_prefixes();
	test_any();
	test_qualifiers();
	test_override();
	test_fallback();
	test_timeout();
	test_starved();
	test_refusals();
	test_counts();
	test_compare();
	return ktap_end();
}
