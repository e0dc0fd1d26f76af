/* Where the bytes of a download land as they were served, in any order, and from where one reader on another
 * thread follows them in order while they come. Small files never leave memory; larger ones are a part file,
 * read back from the system's cache. */
#ifndef DATAMAESTRO_SPOOL_H
#define DATAMAESTRO_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"

enum {
  DM_SPOOL_MEMORY = 256 * 1024, /* bytes that are held in memory at most */
  DM_SPOOL_BLOCK = 256 * 1024,  /* bytes that the reader is given at most */
};

struct dm_spool; /* freed by dm_spool_close */

/* Makes an empty spool, whose part file is to be `path` (copied; made when it is needed, in place of an old
 * one). */
int dm_spool_open(struct dm_spool **spool, const char *path, struct dm_error *err);

/* Continues a part file of before, of which the first `size` bytes are to be kept. */
int dm_spool_continue(struct dm_spool *spool, uint64_t size, struct dm_error *err);

/* The bytes are those of the complete file `path`, which is only read; `*size` is theirs. There is no part
 * file. */
int dm_spool_attach(struct dm_spool *spool, const char *path, uint64_t *size, struct dm_error *err);

/* Closes, leaving the part file where it is; NULL is fine. */
void dm_spool_close(struct dm_spool *spool);

/* Writer: what will come in all, in bytes. A part file gets its place on the disk then: failing that is a
 * failure (DM_ERROR_SPACE) where the size is `sure`; where only the server says so, some servers lie. */
void dm_spool_expect(struct dm_spool *spool, uint64_t total, bool sure);

/* Writer: writes bytes at `at`, and moves to the part file what does not stay in memory. */
int dm_spool_write(struct dm_spool *spool, uint64_t at, const void *bytes, size_t size, struct dm_error *err);

/* Writer: moves to the part file what is in memory, and all that comes. */
int dm_spool_to_file(struct dm_spool *spool, struct dm_error *err);

/* Writer: all bytes before `available` are there. */
void dm_spool_advance(struct dm_spool *spool, uint64_t available);

/* Writer: no more bytes come after those. */
void dm_spool_end(struct dm_spool *spool);

/* Writer: the bytes so far count no more; the reader hears of it at its next read. */
int dm_spool_restart(struct dm_spool *spool, struct dm_error *err);

/* Writer: the reader is to give up. */
void dm_spool_stop(struct dm_spool *spool);

/* Writer: the reader is to give up once it has read what is there. */
void dm_spool_leave(struct dm_spool *spool);

/* Writer: whether the bytes are in a part file. */
bool dm_spool_in_file(const struct dm_spool *spool);

enum dm_spool_state { DM_SPOOL_BYTES, DM_SPOOL_ENDED, DM_SPOOL_RESTARTED, DM_SPOOL_STOPPED, DM_SPOOL_FAILED };

/* Reader: waits for bytes behind `at` and points `*bytes` at them, up to DM_SPOOL_BLOCK, valid until the next
 * read. DM_SPOOL_RESTARTED is said once after each restart; the reader then begins anew at 0. `err` is filled
 * for DM_SPOOL_FAILED alone. */
enum dm_spool_state dm_spool_read(struct dm_spool *spool, uint64_t at, const unsigned char **bytes,
                                  size_t *size, struct dm_error *err);

/* Reader: whether the writer has begun anew, which is said once, as dm_spool_read does. */
bool dm_spool_is_restarted(struct dm_spool *spool);

/* Reader: brings the part file to the disk. */
int dm_spool_sync(struct dm_spool *spool, struct dm_error *err);

#endif
