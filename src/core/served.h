/* What a download's bytes as served should be: held against the answer's head and the first bytes, before
 * they are taken. */
#ifndef DATAMAESTRO_SERVED_H
#define DATAMAESTRO_SERVED_H

#include <stdbool.h>

#include "datamaestro/transfer.h"

struct dm_served {
  const struct dm_transfer_request *request;
  const struct dm_transfer_report *report; /* `head` and `response` are looked at */
  const char *subject;                     /* the URL, printable */
};

/* Holds the announced length and type against what was declared. */
int dm_served_expect(const struct dm_served *served, struct dm_error *err);

/* Looks at the first bytes: all of them when `size` (bytes as served) is 0 or more. */
int dm_served_recognise(const struct dm_served *served, int64_t size, struct dm_error *err);

/* All bytes came: is it as many as were declared? */
int dm_served_check_end(const struct dm_served *served, struct dm_error *err);

#endif
