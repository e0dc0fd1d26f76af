/* Message digests: any of md5, sha1, sha256, sha512 of one stream of bytes, all in one pass. */
#ifndef DATAMAESTRO_DIGEST_H
#define DATAMAESTRO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"

/* Kinds are numbered so that a set of them is a bit mask: `1u << DM_DIGEST_MD5 | …`. */
enum dm_digest_kind { DM_DIGEST_MD5, DM_DIGEST_SHA1, DM_DIGEST_SHA256, DM_DIGEST_SHA512, DM_DIGEST_KINDS };

enum { DM_DIGEST_HEX_SIZE = 2 * 64 + 1 }; /* bytes: the longest digest as hex digits, and NUL */

/* The digests under way. All zero is closed. */
struct dm_digest {
  void *contexts[DM_DIGEST_KINDS]; /* NULL where the kind was not asked for */
};

/* Digests as lower-case hex; "" where the kind was not asked for. */
struct dm_digest_hex {
  char of[DM_DIGEST_KINDS][DM_DIGEST_HEX_SIZE];
};

/* The kind's name, "md5", …: static storage. */
const char *dm_digest_name(enum dm_digest_kind kind);

/* The kind called `name`, or -1. */
int dm_digest_find(const char *name);

/* Starts the digests of the mask `kinds`. On failure (not enough memory, a kind that this libcrypto
 * refuses) nothing is left open. */
int dm_digest_open(struct dm_digest *digest, unsigned kinds, struct dm_error *err);

/* Adds bytes to all digests under way. */
int dm_digest_update(struct dm_digest *digest, const void *bytes, size_t size, struct dm_error *err);

/* The digests of what came so far; the stream can go on. */
int dm_digest_read(const struct dm_digest *digest, struct dm_digest_hex *hex, struct dm_error *err);

/* Frees; closed is fine. */
void dm_digest_close(struct dm_digest *digest);

/* Digests `kinds` of the file at `path` in one pass; `*size` is what was read, in bytes. */
int dm_digest_file(const char *path, unsigned kinds, struct dm_digest_hex *hex, uint64_t *size,
                   struct dm_error *err);

/* Told how many bytes more were read; false ends the pass (DM_ERROR_INTERRUPTED). */
typedef bool dm_digest_beat(void *context, size_t bytes);

/* The same, with a word after each block. */
int dm_digest_watched(const char *path, unsigned kinds, dm_digest_beat *beat, void *context,
                      struct dm_digest_hex *hex, uint64_t *size, struct dm_error *err);

#endif
