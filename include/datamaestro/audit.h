/* Digests of many files, which several threads read at once while the caller does other things. */
#ifndef DATAMAESTRO_AUDIT_H
#define DATAMAESTRO_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/digest.h"
#include "datamaestro/error.h"

struct dm_audit; /* owns its threads; freed by dm_audit_close */

struct dm_audit_file {
  const char *path;
  unsigned digests; /* mask of their kinds */
};

struct dm_audit_result {
  size_t index;             /* of the file, from 0 */
  int status;               /* -1: `err` says why it has no digests */
  struct dm_error err;      /* DM_ERROR_FORMAT: no regular file */
  uint64_t size;            /* bytes */
  struct dm_digest_hex hex; /* of the kinds asked for */
};

struct dm_audit_progress {
  size_t files;   /* read to the end, or given up */
  uint64_t bytes; /* read so far */
};

/* Begins to read files, in their order; all is copied. `threads` 0: as many as this process has processors.
 */
int dm_audit_start(struct dm_audit **audit, const struct dm_audit_file *files, size_t count, size_t threads,
                   struct dm_error *err);

/* How far it is. */
struct dm_audit_progress dm_audit_progress(const struct dm_audit *audit);

/* Gives a file that is finished, each once, in no order; false where there is none for now. */
bool dm_audit_take(struct dm_audit *audit, struct dm_audit_result *result);

/* Waits until there is a file to take, or all are finished, `milliseconds` at most; whether all are. */
bool dm_audit_wait(struct dm_audit *audit, int milliseconds);

/* Ends what is under way, frees; NULL is fine. */
void dm_audit_close(struct dm_audit *audit);

#endif
