/* Which members of an archive are wanted, and which of those wanted were there. */
#ifndef DATAMAESTRO_ARCHIVE_CHOICE_H
#define DATAMAESTRO_ARCHIVE_CHOICE_H

#include <stdbool.h>

#include "archive_name.h"

struct dm_archive_chooser; /* freed by dm_archive_chooser_close */

/* Begins with one archive. The choice stays the caller's. */
int dm_archive_chooser_open(struct dm_archive_chooser **chooser, const struct dm_archive_choice *choice,
                            struct dm_error *err);

/* Whether the member is wanted. `name` is as the archive has it; NULL: not UTF-8. */
bool dm_archive_chooser_takes(struct dm_archive_chooser *chooser, const char *name, bool is_folder);

/* Whether a member of that name would be wanted. */
bool dm_archive_chooser_wants(const struct dm_archive_chooser *chooser, const char *name);

/* The part of a clean name below the subpath; "" for the subpath itself, NULL when it is elsewhere. */
const char *dm_archive_chooser_below(const struct dm_archive_chooser *chooser, const char *clean);

/* At the archive's end: fails when something that is wanted was not there. */
int dm_archive_chooser_check(const struct dm_archive_chooser *chooser, const char *subject,
                             struct dm_error *err);

/* Frees; NULL is fine. */
void dm_archive_chooser_close(struct dm_archive_chooser *chooser);

#endif
