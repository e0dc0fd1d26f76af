/* The bytes of a download as they were served: counted against what was declared, looked at, digested,
 * and kept where that was asked for. */
#ifndef DATAMAESTRO_SERVED_H
#define DATAMAESTRO_SERVED_H

#include "datamaestro/content.h"
#include "datamaestro/digest.h"
#include "datamaestro/transfer.h"

/* The first three are set by the caller before dm_served_open. */
struct dm_served {
  const struct dm_transfer_request *request;
  struct dm_transfer_report *report; /* `size`, `head` and `digests` are filled here */
  const char *subject;               /* the URL, printable */
  struct dm_part keep;
  struct dm_digest digest;
  bool recognised; /* the head was looked at and is what it should be */
};

/* Starts digests and the kept file. On failure nothing is left open, and no file. */
int dm_served_open(struct dm_served *served, struct dm_error *err);

/* Holds the announced length and type against what was declared, before a byte is taken. */
int dm_served_expect(struct dm_served *served, const struct dm_http_response *response, struct dm_error *err);

/* Counts, digests and keeps bytes; more than declared, or other than gzip data, is a failure. */
int dm_served_take(struct dm_served *served, const void *bytes, size_t size, struct dm_error *err);

/* No more bytes come: is it what was declared? */
int dm_served_check_end(struct dm_served *served, struct dm_error *err);

/* Keeps the kept file and reads the digests. */
int dm_served_finish(struct dm_served *served, struct dm_error *err);

/* Frees, and removes the kept file unless it was finished. */
void dm_served_close(struct dm_served *served);

#endif
