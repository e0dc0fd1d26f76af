/* Patterns of members' names. `*` and `?` stand for characters other than "/", `[a-z]`, `[!a-z]` for one of a
 * set, `**` (alone between slashes) for any number of folders, `\` quotes. Characters are those of UTF-8.
 * Empty and `.` parts are nothing, in names too. */
#ifndef DATAMAESTRO_GLOB_H
#define DATAMAESTRO_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "datamaestro/error.h"

struct dm_glob; /* freed by dm_glob_close */

/* Compiles (and copies) a pattern. What is none is DM_ERROR_USAGE: "'PATTERN': why". */
int dm_glob_open(struct dm_glob **glob, const char *pattern, struct dm_error *err);

/* Whether a file, link or folder of that name is meant. A pattern that ends in "/" means folders; a folder
 * that is meant by it, or by a last part without special characters, is meant with all that is in it. */
bool dm_glob_matches(const struct dm_glob *glob, const char *name, bool is_folder);

/* Whether the part of a name looks like the pattern's last one: a guess for messages. */
bool dm_glob_resembles(const struct dm_glob *glob, const char *part, size_t size);

/* Whether it has special characters. */
bool dm_glob_is_wild(const struct dm_glob *glob);

/* As it was written; owned by `glob`. */
const char *dm_glob_text(const struct dm_glob *glob);

/* Points at the next part of a name that is neither empty nor `.`, and moves `*next` behind it; false at the
 * end. */
bool dm_glob_part(const char **next, const char **part, size_t *size);

/* Frees; NULL is fine. */
void dm_glob_close(struct dm_glob *glob);

#endif
