/* The names of an archive's members, before anything is done with them. */
#ifndef DATAMAESTRO_ARCHIVE_NAME_H
#define DATAMAESTRO_ARCHIVE_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/archive.h"

/* Refuses a member: "SUBJECT: member 'NAME': …" with DM_ERROR_FORMAT, the name made printable. Returns -1. */
int dm_archive_refuse(struct dm_error *err, const char *subject, const char *name, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Writes `name` without its `.` and empty parts to `clean`: "" is the folder itself. Returns NULL, or why it
 * is refused, as words for the message. */
const char *dm_archive_clean(const char *name, char clean[DM_ARCHIVE_NAME + 1]);

/* Whether a symbolic link to `target`, `depth` folders below the root, stays below it. `..` may only come
 * first: there it goes up real folders, for members lie below no links. What follows goes down, or through
 * links of which the same holds. So no chain of links leads out. */
bool dm_archive_stays_inside(const char *target, size_t depth);

/* Folders above the clean name. */
size_t dm_archive_depth(const char *clean);

/* A number that is the same for clean names that are the same to a case-insensitive folder (see
 * datamaestro/archive.h); others share it by chance, once in 2^64. Loads libutf8proc for the first name that
 * is not ASCII. */
int dm_archive_fold(const char *clean, size_t size, uint64_t *number, struct dm_error *err);

#endif
