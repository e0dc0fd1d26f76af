/* Publishing a file while the caller goes on: waiting for the disk is what takes the time. */
#ifndef DATAMAESTRO_PUBLICATION_H
#define DATAMAESTRO_PUBLICATION_H

#include <stdbool.h>

#include "datamaestro/error.h"

struct dm_publication; /* a dm_file_publish on a thread of its own; freed by dm_publication_wait */

/* Begins dm_file_publish(part, path); the strings are copied. */
int dm_publication_start(struct dm_publication **publication, const char *part, const char *path,
                         struct dm_error *err);

/* Whether waiting would return at once. */
bool dm_publication_is_finished(struct dm_publication *publication);

/* Waits for the end, frees, and returns what dm_file_publish did. NULL is fine, and no failure. */
int dm_publication_wait(struct dm_publication *publication, struct dm_error *err);

#endif
