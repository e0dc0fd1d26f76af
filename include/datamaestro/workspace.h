/* A folder that the code of a stranger works in: all is named relative to it and opened part by part, through
 * no link, so that there is no way out of it, whatever the names say and whatever links an archive has left
 * there. Names are those of archives (no `..`, not absolute, plain text: src/core/archive_name.h); what is
 * none is DM_ERROR_USAGE. What is there already is never written over. */
#ifndef DATAMAESTRO_WORKSPACE_H
#define DATAMAESTRO_WORKSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/archive.h"
#include "datamaestro/error.h"

struct dm_workspace_options {
  const char *subject; /* names it in errors */
  const char *folder;
  bool create;      /* it is new and can be written to; else it is there, and can only be read */
  uint64_t bytes;   /* written in all, at most; 0: DM_ARCHIVE_BYTES */
  uint64_t entries; /* files and folders made in all, at most; 0: DM_ARCHIVE_ENTRIES */
};

struct dm_workspace; /* owns its folder's descriptor; freed by dm_workspace_close */

/* Opens, or makes, the folder. Options are copied. */
int dm_workspace_open(struct dm_workspace **workspace, const struct dm_workspace_options *options,
                      struct dm_error *err);

/* Closes and frees, the folder stays; NULL is fine. */
void dm_workspace_close(struct dm_workspace *workspace);

/* Counts bytes and entries that are about to be made, or that were made elsewhere to be taken in: over the
 * limits is DM_ERROR_FORMAT. */
int dm_workspace_charge(struct dm_workspace *workspace, uint64_t bytes, uint64_t entries,
                        struct dm_error *err);

/* What may still be made. */
void dm_workspace_room(const struct dm_workspace *workspace, uint64_t *bytes, uint64_t *entries);

/* Opens a plain file for reading; the descriptor is the caller's. */
int dm_workspace_file(struct dm_workspace *workspace, const char *name, int *fd, struct dm_error *err);

/* Makes a new plain file, and the folders above it, and opens it for writing. */
int dm_workspace_create(struct dm_workspace *workspace, const char *name, int *fd, struct dm_error *err);

/* Checks a name that is to be made, before what it names is fetched or unpacked. */
int dm_workspace_check(struct dm_workspace *workspace, const char *name, struct dm_error *err);

/* Moves the file or folder `path`, from elsewhere in the file system, here as `name`. */
int dm_workspace_take(struct dm_workspace *workspace, const char *path, const char *name,
                      struct dm_error *err);

/* Renames a file or folder. */
int dm_workspace_rename(struct dm_workspace *workspace, const char *from, const char *to,
                        struct dm_error *err);

/* Removes a file, a link, or a folder with all that is in it. `stop` (NULL: never) is asked now and then. */
int dm_workspace_remove(struct dm_workspace *workspace, const char *name, bool (*stop)(void *context),
                        void *context, struct dm_error *err);

/* The size of a plain file in bytes. */
int dm_workspace_size(struct dm_workspace *workspace, const char *name, uint64_t *size, struct dm_error *err);

/* Calls `visit` for each plain file below the folder `name` ("" for all), with its name relative to that,
 * in no order; what it returns but 0 ends the walk and is returned. Links and what else is no file are passed
 * over. */
int dm_workspace_walk(struct dm_workspace *workspace, const char *name,
                      int (*visit)(void *context, const char *name, struct dm_error *err), void *context,
                      struct dm_error *err);

/* Whether all links lead to what is in the folder, wherever they were when an archive made them. */
int dm_workspace_links(struct dm_workspace *workspace, struct dm_error *err);

/* Brings all that is there to disk: one syncfs, as dm_archive_extract does. */
int dm_workspace_sync(struct dm_workspace *workspace, struct dm_error *err);

#endif
