/* SPDX-License-Identifier: GPL-2.0 */
/* Many statements to the kernel, without waiting for each. */
#ifndef MBCTL_SEND_H
#define MBCTL_SEND_H

#include "stmt.h"

int stmts_send(struct nl *nl, const struct stmts *list, bool *failed,
	       struct err *e);
void stmts_take_back(struct nl *nl, const struct stmts *list,
		     const bool *failed);

#endif
