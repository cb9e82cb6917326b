/* SPDX-License-Identifier: GPL-2.0 */
/* How the table of clients hashes; the others are struct mb_map. */
#ifndef MB_HASH_H
#define MB_HASH_H

#include <linux/rhashtable.h>

#include "session.h"

static const struct rhashtable_params __maybe_unused mb_client_params = {
	.key_len	= sizeof_field(struct mb_client, addr),
	.key_offset	= offsetof(struct mb_client, addr),
	.head_offset	= offsetof(struct mb_client, node),
	.automatic_shrinking = true,
};

#endif
