/* What the files of workspace*.c share. */
#ifndef DATAMAESTRO_WORKSPACE_PARTS_H
#define DATAMAESTRO_WORKSPACE_PARTS_H

#include "datamaestro/workspace.h"

struct dm_workspace {
  int root;
  char *subject;
  bool writable;
  uint64_t bytes; /* written so far */
  uint64_t bytes_limit;
  uint64_t entries; /* made so far */
  uint64_t entries_limit;
};

/* Fills `err` with "SUBJECT: 'NAME': WHAT", the name made printable. Returns -1. */
int dm_workspace_refuse(const struct dm_workspace *workspace, enum dm_error_code code, const char *name,
                        const char *what, struct dm_error *err);

/* The same for a failed system call. */
int dm_workspace_errno(const struct dm_workspace *workspace, int cause, const char *name,
                       struct dm_error *err);

/* Opens the folder that is the first `size` bytes of the clean name, the root for 0; makes it and those
 * above it if asked to. Returns its descriptor, the caller's, or -1. */
int dm_workspace_folder(struct dm_workspace *workspace, const char *clean, size_t size, bool create,
                        struct dm_error *err);

#endif
