/* Shared libraries that are loaded when they are first needed: linked, they would cost every start (3.7 ms
 * for libarchive), and one that is missing would keep the program from starting at all. */
#ifndef DATAMAESTRO_LIBRARY_H
#define DATAMAESTRO_LIBRARY_H

#include <stddef.h>

#include "datamaestro/error.h"

/* One function of a library. */
struct dm_library_symbol {
  const char *name;
  size_t offset; /* of the pointer to it in the structure that dm_library_load fills */
};

/* A library under the names that it has on one system or another. */
struct dm_library {
  const char *names[2];                    /* file names, NULL where there is no second one */
  const struct dm_library_symbol *symbols; /* ended by a name that is NULL */
};

/* Puts the functions' addresses into the structure at `functions`. Loading again is cheap, and the library
 * stays loaded: what it keeps for itself is neither lost nor made anew. Any thread may call it. */
int dm_library_load(const struct dm_library *library, void *functions, struct dm_error *err);

#endif
