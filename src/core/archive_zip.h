/* What libarchive does not look at in a zip archive: the end of its list of members. */
#ifndef DATAMAESTRO_ARCHIVE_ZIP_H
#define DATAMAESTRO_ARCHIVE_ZIP_H

#include <stdbool.h>
#include <stdint.h>

#include "archive_input.h"

/* Whether the archive is nothing but the end of an empty list, which libarchive takes for no archive. */
bool dm_archive_zip_is_empty(const struct dm_archive_input *input);

/* Fails when the list has another number of members than were found: libarchive passes over members that
 * share their content's place with another one. */
int dm_archive_zip_check(const struct dm_archive_input *input, const char *subject, uint64_t found,
                         struct dm_error *err);

#endif
