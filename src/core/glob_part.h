/* Patterns of what stands between two slashes of a name. */
#ifndef DATAMAESTRO_GLOB_PART_H
#define DATAMAESTRO_GLOB_PART_H

#include <stdbool.h>
#include <stddef.h>

/* What is wrong with the pattern, as words for a message, or NULL. */
const char *dm_glob_part_fault(const char *pattern, size_t size);

/* Whether it has special characters that are not quoted. */
bool dm_glob_part_is_wild(const char *pattern, size_t size);

/* Takes the quotes out of a pattern that is not wild; its new size. */
size_t dm_glob_part_unquote(char *pattern, size_t size);

/* Whether all of the text matches. Takes time in proportion to the product of both sizes at most. */
bool dm_glob_part_matches(const char *pattern, size_t size, const char *text, size_t text_size);

#endif
