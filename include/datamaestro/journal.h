/* What is known of a part file that a process may leave behind: where its bytes came from, and how many of
 * them, with which digest, were on the disk for certain. Text, one fact a line:
 *
 *   datamaestro journal 1
 *   source SHA-256 of the URL, in hex
 *   etag VALUE                (also last-modified; left out where the server said nothing)
 *   total BYTES               (left out where unknown)
 *   kind NAME                 (of the digest)
 *   OFFSET DIGEST             (all bytes before OFFSET; the last such line counts)
 */
#ifndef DATAMAESTRO_JOURNAL_H
#define DATAMAESTRO_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/digest.h"
#include "datamaestro/error.h"
#include "datamaestro/http.h"

struct dm_journal_source {
  char url_digest[65];                    /* hex; the URL itself may hold a secret */
  char etag[DM_HTTP_FIELD_SIZE];          /* "" when none */
  char last_modified[DM_HTTP_FIELD_SIZE]; /* "" when none */
  int64_t total;                          /* bytes, -1 when unknown */
};

struct dm_journal_record {
  struct dm_journal_source source;
  enum dm_digest_kind kind;
  uint64_t offset; /* bytes that are on the disk; 0: none */
  char digest[DM_DIGEST_HEX_SIZE];
};

/* Reads what a journal says; -1 when nothing in it can be used. A last line that was cut is passed over. */
int dm_journal_parse(const char *text, size_t size, struct dm_journal_record *record);

/* The same of a file. */
int dm_journal_read(const char *path, struct dm_journal_record *record);

/* Writes a journal that says what `record` does, in place of the one that is there, at once. */
int dm_journal_write(const char *path, const struct dm_journal_record *record, struct dm_error *err);

#endif
