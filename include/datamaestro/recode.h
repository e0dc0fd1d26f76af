/* Text in any encoding as checked UTF-8: a reader of a reader. */
#ifndef DATAMAESTRO_RECODE_H
#define DATAMAESTRO_RECODE_H

#include "datamaestro/error.h"
#include "datamaestro/reader.h"

struct dm_recode; /* owns its converter; freed by dm_recode_close */

/* Opens text of `source`, which stays the caller's and must live as long. `encoding` is a name that iconv(3)
 * knows ("utf-8", "latin-1", "utf-16", "windows-1252", …); an unknown one is DM_ERROR_USAGE. `subject`
 * (copied) names the text in errors. A byte order mark at the beginning is left out; "utf-16" and "utf-32" go
 * by it, and without one are little-endian. */
int dm_recode_open(struct dm_recode **recode, struct dm_reader *source, const char *encoding,
                   const char *subject, struct dm_error *err);

/* The text as UTF-8. What is no text in its encoding is DM_ERROR_FORMAT with the message
 * "SUBJECT:LINE:COLUMN: byte 0xff (utf-8 expected)", the column in characters; all text before it was given
 * out then. Owned by `recode`. */
struct dm_reader *dm_recode_reader(struct dm_recode *recode);

/* Frees; NULL is fine. */
void dm_recode_close(struct dm_recode *recode);

#endif
