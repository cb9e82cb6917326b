/* SPDX-License-Identifier: GPL-2.0 */
/* Of it, key.c needs nothing. */
