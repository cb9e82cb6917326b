// SPDX-License-Identifier: GPL-2.0
/* Which object, which verb; help on them. */
#include <stdio.h>
#include <string.h>

#include "mbctl.h"
#include "util.h"

const struct object *const objects[] = {
	&object_status, &object_policy, &object_site, &object_session,
	&object_stats, &object_monitor, &object_refused,
};

const unsigned int objects_count = ARRAY_SIZE(objects);

/**
 * object_list() - for errors: "status, policy or site"
 *
 * Return: text in a buffer of its own
 */
const char *object_list(void)
{
	static char buf[160];
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < objects_count; i++)
		len += snprintf(buf + len, sizeof(buf) - len, "%s%s",
				!i ? "" : i + 1 < objects_count ? ", " : " or ",
				objects[i]->name);
	return buf;
}

static bool is_help(const struct words *w)
{
	const char *word = words_peek(w);

	return word && w->n == 1 &&
	       (!strcmp(word, "help") || !strcmp(word, "-h") ||
		!strcmp(word, "--help"));
}

static bool begins(const char *name, const char *word)
{
	return *word && !strncmp(name, word, strlen(word));
}

static const struct object *find_object(const char *word, struct err *e)
{
	const struct object *found = NULL;
	unsigned int i, n = 0;

	for (i = 0; i < objects_count; i++) {
		if (!strcmp(objects[i]->name, word))
			return objects[i];
		if (begins(objects[i]->name, word)) {
			found = objects[i];
			n++;
		}
	}
	if (n == 1)
		return found;
	if (n)
		err_usage(e, "%s: may mean several objects: give %s", shown(word),
			  object_list());
	else
		err_usage(e, "%s: no such object: give %s, or see \"mbctl help\"",
			  shown(word), object_list());
	return NULL;
}

static const char *verb_list(const struct object *object)
{
	static char buf[160];
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < object->n; i++)
		len += snprintf(buf + len, sizeof(buf) - len, "%s%s",
				!i ? "" : i + 1 < object->n ? ", " : " or ",
				object->verbs[i].name);
	return buf;
}

static bool is_listing(const char *word)
{
	return !strcmp(word, "show") || !strcmp(word, "list") ||
	       !strcmp(word, "ls");
}

static const struct verb *find_verb(const struct object *object,
				    const char *word, struct err *e)
{
	const struct verb *found = NULL;
	unsigned int i, n = 0;

	if (is_listing(word))
		return &object->verbs[0];
	if (!strcmp(word, "delete"))
		word = "del";
	for (i = 0; i < object->n; i++) {
		if (!strcmp(object->verbs[i].name, word))
			return &object->verbs[i];
		if (begins(object->verbs[i].name, word)) {
			found = &object->verbs[i];
			n++;
		}
	}
	if (n == 1)
		return found;
	err_usage(e, "%s %s: %s: give %s", object->name, shown(word),
		  n ? "may mean several verbs" : "no such verb", verb_list(object));
	return NULL;
}

/* The verb that the next word names, and takes it if it does; NULL on error. */
static const struct verb *next_verb(const struct object *object,
				    struct words *w, struct err *e)
{
	if (!w->n || (object->bare && !is_listing(words_peek(w))))
		return &object->verbs[0];
	return find_verb(object, words_next(w), e);
}

/**
 * run_object() - do what the command line says
 * @ctx:	options are parsed
 * @name:	of the object, may be abbreviated
 * @w:		verb and its words
 *
 * Return: 0 or -1
 */
int run_object(struct ctx *ctx, const char *name, struct words *w)
{
	const struct object *object = find_object(name, &ctx->err);
	const struct verb *verb;
	char place[64];

	if (!object)
		return -1;
	if (is_help(w)) {
		help_object(object);
		return out_flush(&ctx->err);
	}
	verb = next_verb(object, w, &ctx->err);
	if (!verb)
		return -1;
	if (is_help(w)) {
		help_verb(object, verb);
		return out_flush(&ctx->err);
	}
	snprintf(place, sizeof(place), "%s%s%s", object->name,
		 object->bare ? "" : " ", object->bare ? "" : verb->name);
	w->place = place;
	return verb->run(ctx, w);
}

/**
 * run_help() - mbctl help [OBJECT [VERB]]
 * @ctx:	options are parsed
 * @w:		the words behind help
 *
 * Return: 0 or -1
 */
int run_help(struct ctx *ctx, struct words *w)
{
	const struct object *object = NULL;
	const struct verb *verb = NULL;

	w->place = "help";
	if (w->n) {
		object = find_object(words_next(w), &ctx->err);
		if (!object)
			return -1;
	}
	if (w->n) {
		verb = find_verb(object, words_next(w), &ctx->err);
		if (!verb)
			return -1;
	}
	if (words_end(w, &ctx->err))
		return -1;
	if (verb)
		help_verb(object, verb);
	else if (object)
		help_object(object);
	else
		help_all();
	return out_flush(&ctx->err);
}

static void print_synopsis(const struct object *object, const struct verb *verb)
{
	printf("mbctl %s%s%s%s%s", object->name, object->bare ? "" : " ",
	       object->bare ? "" : verb->name, *verb->synopsis ? " " : "",
	       verb->synopsis);
}

/**
 * help_all() - help on mbctl as a whole
 */
void help_all(void)
{
	unsigned int i, j;

	puts("mbctl controls the MPTCP middlebox of a network namespace: what Multipath TCP\n"
	     "may do through this gateway, for each site, and which sessions there are.\n\n"
	     "usage: mbctl [-j] [-p] [-n NETNS] OBJECT [VERB ...]\n");
	for (i = 0; i < objects_count; i++) {
		printf("%s: %s\n", objects[i]->name, objects[i]->brief);
		for (j = 0; j < objects[i]->n; j++) {
			fputs("    ", stdout);
			print_synopsis(objects[i], &objects[i]->verbs[j]);
			putchar('\n');
		}
	}
	puts("\n-j, --json         one JSON value instead of text\n"
	     "-p, --pretty       JSON on many lines\n"
	     "-n, --netns NETNS  in a network namespace that \"ip netns list\" shows\n"
	     "-V, --version      mbctl's version\n"
	     "-h, --help         this text; \"mbctl help OBJECT [VERB]\" says more\n\n"
	     "show, list and ls are one. Exit status: 0, 1 refused by mbctl, 2 refused by the kernel.");
}

/**
 * help_object() - help on an object
 * @object:	object
 */
void help_object(const struct object *object)
{
	unsigned int i;

	printf("%s: %s\n\n", object->name, object->brief);
	for (i = 0; i < object->n; i++) {
		print_synopsis(object, &object->verbs[i]);
		printf("\n    %s\n", object->verbs[i].brief);
	}
	if (object->help)
		printf("\n%s", object->help);
}

/**
 * help_verb() - help on a verb
 * @object:	its object
 * @verb:	verb
 */
void help_verb(const struct object *object, const struct verb *verb)
{
	print_synopsis(object, verb);
	printf("\n    %s\n", verb->brief);
	if (verb->help)
		printf("\n%s", verb->help);
	if (object->help)
		printf("\n%s", object->help);
}
