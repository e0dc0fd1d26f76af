/* How the core fails: every fallible function returns 0 or -1 and, on -1, has filled the
 * `struct dm_error` that is its last parameter. Nothing in the core prints or exits. */
#ifndef DATAMAESTRO_ERROR_H
#define DATAMAESTRO_ERROR_H

/* What went wrong, as far as a caller can act on it. The names (dm_error_name) are the ones that
 * Lua sees; the exit status of each stands in lua/datamaestro/status.lua. */
enum dm_error_code {
  DM_ERROR = 0,        /* anything else */
  DM_ERROR_USAGE,      /* bad arguments */
  DM_ERROR_UNKNOWN,    /* no such dataset, repository, file */
  DM_ERROR_NETWORK,    /* host, connection, TLS, timeout, HTTP status */
  DM_ERROR_CHECKSUM,   /* bytes are not what was declared */
  DM_ERROR_AUTH,       /* token or login needed */
  DM_ERROR_SPACE,      /* disk or quota full */
  DM_ERROR_BUSY,       /* another process holds it */
  DM_ERROR_FORMAT,     /* damaged, or not of the stated format */
  DM_ERROR_INTERRUPTED /* Ctrl-C, or the caller's own callback asked to stop */
};

enum { DM_ERROR_MESSAGE_SIZE = 4096 + 512 }; /* bytes: a longest path and a sentence */

struct dm_error {
  enum dm_error_code code;
  char message[DM_ERROR_MESSAGE_SIZE]; /* "SUBJECT: found (expected)", NUL-terminated, no newline */
};

/* Fills `err` from a printf format and returns -1, so that a function can end with
 * `return dm_error_set(err, DM_ERROR_FORMAT, "%s: …", path)`. Too long a message is cut. */
int dm_error_set(struct dm_error *err, enum dm_error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same for a failed system call: "SUBJECT: strerror(errnum)". ENOSPC, EDQUOT and EFBIG become
 * DM_ERROR_SPACE, ENOENT and ENOTDIR DM_ERROR_UNKNOWN, EINTR DM_ERROR_INTERRUPTED, EWOULDBLOCK DM_ERROR_BUSY.
 */
int dm_error_errno(struct dm_error *err, int errnum, const char *subject);

/* The code's name as Lua sees it: "error", "usage", "unknown", … Static storage. */
const char *dm_error_name(enum dm_error_code code);

#endif
