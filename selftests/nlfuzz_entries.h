/* SPDX-License-Identifier: GPL-2.0 */
/* Entries that transactions state, and those in force: for the files that play with them. */
#ifndef NLFUZZ_ENTRIES_H
#define NLFUZZ_ENTRIES_H

#include "nlfuzz.h"

#define ENTRIES		256

void put_entry(struct message *m, int entry, int action);
int request(struct sock *s, uint8_t cmd, int entry, int action, struct answer *a);
void expect(const char *what, int want, int got);
void entries_in_force(bool there[ENTRIES]);
bool transaction_open(void);

#endif
