#include "datamaestro/workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_name.h"
#include "datamaestro/printable.h"
#include "workspace_parts.h"

enum { SHOWN = 512 }; /* bytes of a name in a message, at most */

int dm_workspace_refuse(const struct dm_workspace *workspace, enum dm_error_code code, const char *name,
                        const char *what, struct dm_error *err) {
  char shown[SHOWN];
  return dm_error_set(err, code, "%s: '%s': %s", workspace->subject,
                      dm_printable_text(shown, sizeof shown, name, strlen(name)), what);
}

int dm_workspace_errno(const struct dm_workspace *workspace, int cause, const char *name,
                       struct dm_error *err) {
  char shown[SHOWN];
  char subject[SHOWN * 2];
  (void)snprintf(subject, sizeof subject, "%.*s: '%s'", SHOWN, workspace->subject,
                 dm_printable_text(shown, sizeof shown, name, strlen(name)));
  return dm_error_errno(err, cause, subject);
}

int dm_workspace_open(struct dm_workspace **workspace, const struct dm_workspace_options *options,
                      struct dm_error *err) {
  *workspace = NULL;
  if (options->create && mkdir(options->folder, 0777) != 0)
    return dm_error_errno(err, errno, options->folder);
  int root = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0)
    return dm_error_errno(err, errno, options->folder);
  struct dm_workspace *fresh = calloc(1, sizeof *fresh);
  char *subject = strdup(options->subject);
  if (fresh == NULL || subject == NULL) {
    (void)close(root);
    free(fresh);
    free(subject);
    return dm_error_errno(err, ENOMEM, options->folder);
  }
  *fresh = (struct dm_workspace){
      .root = root,
      .subject = subject,
      .writable = options->create,
      .bytes_limit = options->bytes > 0 ? options->bytes : DM_ARCHIVE_BYTES,
      .entries_limit = options->entries > 0 ? options->entries : DM_ARCHIVE_ENTRIES,
  };
  *workspace = fresh;
  return 0;
}

void dm_workspace_close(struct dm_workspace *workspace) {
  if (workspace == NULL)
    return;
  (void)close(workspace->root);
  free(workspace->subject);
  free(workspace);
}

/* --- Limits ------------------------------------------------------------------------------------- */

int dm_workspace_charge(struct dm_workspace *workspace, uint64_t bytes, uint64_t entries,
                        struct dm_error *err) {
  if (bytes > workspace->bytes_limit - workspace->bytes)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: more than %" PRIu64 " bytes written", workspace->subject,
                        workspace->bytes_limit);
  if (entries > workspace->entries_limit - workspace->entries)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: more than %" PRIu64 " files and folders made",
                        workspace->subject, workspace->entries_limit);
  workspace->bytes += bytes;
  workspace->entries += entries;
  return 0;
}

void dm_workspace_room(const struct dm_workspace *workspace, uint64_t *bytes, uint64_t *entries) {
  *bytes = workspace->bytes_limit - workspace->bytes;
  *entries = workspace->entries_limit - workspace->entries;
}

/* --- The way to a name -------------------------------------------------------------------------- */

/* The last part of a clean name. */
static const char *base_of(const char *clean) {
  const char *slash = strrchr(clean, '/');
  return slash != NULL ? slash + 1 : clean;
}

static int clean_name(const struct dm_workspace *workspace, const char *name, char clean[DM_ARCHIVE_NAME + 1],
                      struct dm_error *err) {
  const char *fault = dm_archive_clean(name, clean);
  if (fault == NULL && clean[0] == '\0')
    fault = "the folder itself (a name in it expected)";
  return fault == NULL ? 0 : dm_workspace_refuse(workspace, DM_ERROR_USAGE, name, fault, err);
}

/* What begins with a dot is the program's, and goes up into the dataset's folder with all else. */
static int clean_fresh(const struct dm_workspace *workspace, const char *name,
                       char clean[DM_ARCHIVE_NAME + 1], struct dm_error *err) {
  if (!workspace->writable)
    return dm_workspace_refuse(workspace, DM_ERROR_USAGE, name, "cannot be made here: it is read only", err);
  if (clean_name(workspace, name, clean, err) != 0)
    return -1;
  return clean[0] != '.' ? 0
                         : dm_workspace_refuse(workspace, DM_ERROR_USAGE, name,
                                               "begins with a dot (another name expected)", err);
}

/* Why `part` of the open folder could not be opened as what was expected. */
static int refuse_kind(const struct dm_workspace *workspace, int folder, const char *part, const char *name,
                       bool folder_expected, struct dm_error *err) {
  struct stat info;
  char what[128];
  int cause = errno;
  if (fstatat(folder, part, &info, AT_SYMLINK_NOFOLLOW) != 0)
    return dm_workspace_errno(workspace, errno, name, err);
  const char *kind = S_ISLNK(info.st_mode)   ? "a link"
                     : S_ISDIR(info.st_mode) ? "a folder"
                     : S_ISREG(info.st_mode) ? "a file"
                                             : "a special file";
  if (folder_expected == (S_ISDIR(info.st_mode) != 0) && (folder_expected || S_ISREG(info.st_mode)))
    return dm_workspace_errno(workspace, cause, name, err); /* as expected, but it does not open */
  (void)snprintf(what, sizeof what, "%s (%s expected)", kind, folder_expected ? "folder" : "file");
  return dm_workspace_refuse(workspace, DM_ERROR_FORMAT, name, what, err);
}

/* Opens the folder `part` of `folder`, which is the beginning `name`; makes it if asked to. */
static int open_part(struct dm_workspace *workspace, int folder, const char *part, const char *name,
                     bool create, struct dm_error *err) {
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat(folder, part, flags);
  if (fd < 0 && errno == ENOENT && create) {
    if (dm_workspace_charge(workspace, 0, 1, err) != 0)
      return -1;
    if (mkdirat(folder, part, 0777) != 0)
      return dm_workspace_errno(workspace, errno, name, err);
    fd = openat(folder, part, flags);
  }
  return fd >= 0 ? fd : refuse_kind(workspace, folder, part, name, true, err);
}

int dm_workspace_folder(struct dm_workspace *workspace, const char *clean, size_t size, bool create,
                        struct dm_error *err) {
  char name[DM_ARCHIVE_NAME + 1];
  /* Opened anew: a duplicate would share the place up to which the folder was read. */
  int folder = openat(workspace->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0)
    return dm_workspace_errno(workspace, errno, clean, err);
  for (size_t done = 0; done < size && folder >= 0;) {
    size_t length = strcspn(clean + done, "/");
    (void)snprintf(name, sizeof name, "%.*s", (int)(done + length), clean);
    int next = open_part(workspace, folder, name + done, name, create, err);
    (void)close(folder);
    folder = next;
    done += length + 1;
  }
  return folder;
}

/* Opens the folder that holds the clean name. */
static int open_parent(struct dm_workspace *workspace, const char *clean, bool create, struct dm_error *err) {
  const char *base = base_of(clean);
  return dm_workspace_folder(workspace, clean, base > clean ? (size_t)(base - clean) - 1 : 0, create, err);
}

/* Opens the folder of a name that is new. */
static int open_fresh(struct dm_workspace *workspace, const char *name, char clean[DM_ARCHIVE_NAME + 1],
                      struct dm_error *err) {
  struct stat info;
  if (clean_fresh(workspace, name, clean, err) != 0)
    return -1;
  int parent = open_parent(workspace, clean, true, err);
  if (parent < 0 || (fstatat(parent, base_of(clean), &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT))
    return parent;
  (void)close(parent);
  return dm_workspace_refuse(workspace, DM_ERROR_USAGE, name, "is there already (a new name expected)", err);
}

/* --- What is done with it ----------------------------------------------------------------------- */

int dm_workspace_file(struct dm_workspace *workspace, const char *name, int *fd, struct dm_error *err) {
  char clean[DM_ARCHIVE_NAME + 1];
  struct stat info;
  if (clean_name(workspace, name, clean, err) != 0)
    return -1;
  int parent = open_parent(workspace, clean, false, err);
  if (parent < 0)
    return -1;
  int file = openat(parent, base_of(clean), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int status = 0;
  if (file < 0 || fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
    status = refuse_kind(workspace, parent, base_of(clean), name, false, err);
  (void)close(parent);
  if (status != 0 && file >= 0)
    (void)close(file);
  *fd = status == 0 ? file : -1;
  return status;
}

int dm_workspace_create(struct dm_workspace *workspace, const char *name, int *fd, struct dm_error *err) {
  char clean[DM_ARCHIVE_NAME + 1];
  int parent = open_fresh(workspace, name, clean, err);
  *fd = -1;
  if (parent < 0)
    return -1;
  int status = dm_workspace_charge(workspace, 0, 1, err);
  if (status == 0) {
    *fd = openat(parent, base_of(clean), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    status = *fd >= 0 ? 0 : dm_workspace_errno(workspace, errno, name, err);
  }
  (void)close(parent);
  return status;
}

int dm_workspace_check(struct dm_workspace *workspace, const char *name, struct dm_error *err) {
  char clean[DM_ARCHIVE_NAME + 1];
  int parent = open_fresh(workspace, name, clean, err);
  if (parent >= 0)
    (void)close(parent);
  return parent >= 0 ? 0 : -1;
}

/* Where a file system does not know of RENAME_NOREPLACE, open_fresh has looked, and nobody else is here. */
static int rename_new(int from, const char *old, int to, const char *fresh) {
  if (renameat2(from, old, to, fresh, RENAME_NOREPLACE) == 0)
    return 0;
  return errno == EINVAL || errno == ENOSYS ? renameat(from, old, to, fresh) : -1;
}

int dm_workspace_take(struct dm_workspace *workspace, const char *path, const char *name,
                      struct dm_error *err) {
  char clean[DM_ARCHIVE_NAME + 1];
  int parent = open_fresh(workspace, name, clean, err);
  if (parent < 0)
    return -1;
  int status = rename_new(AT_FDCWD, path, parent, base_of(clean));
  if (status != 0)
    (void)dm_workspace_errno(workspace, errno, name, err);
  (void)close(parent);
  return status;
}

int dm_workspace_rename(struct dm_workspace *workspace, const char *from, const char *to,
                        struct dm_error *err) {
  char old[DM_ARCHIVE_NAME + 1];
  char clean[DM_ARCHIVE_NAME + 1];
  struct stat info;
  if (clean_name(workspace, from, old, err) != 0)
    return -1;
  int source = open_parent(workspace, old, false, err);
  if (source < 0)
    return -1;
  int status = fstatat(source, base_of(old), &info, AT_SYMLINK_NOFOLLOW) == 0
                   ? 0
                   : dm_workspace_errno(workspace, errno, from, err);
  int target = status == 0 ? open_fresh(workspace, to, clean, err) : -1;
  if (status == 0)
    status = target >= 0 ? 0 : -1;
  if (status == 0 && rename_new(source, base_of(old), target, base_of(clean)) != 0)
    status = errno == EINVAL ? dm_workspace_refuse(workspace, DM_ERROR_USAGE, to,
                                                   "lies in the folder that is to be renamed", err)
                             : dm_workspace_errno(workspace, errno, from, err);
  (void)close(source);
  if (target >= 0)
    (void)close(target);
  return status;
}

int dm_workspace_size(struct dm_workspace *workspace, const char *name, uint64_t *size,
                      struct dm_error *err) {
  struct stat info;
  int fd = -1;
  if (dm_workspace_file(workspace, name, &fd, err) != 0)
    return -1;
  int status = fstat(fd, &info) == 0 ? 0 : dm_workspace_errno(workspace, errno, name, err);
  *size = status == 0 ? (uint64_t)info.st_size : 0;
  (void)close(fd);
  return status;
}

int dm_workspace_sync(struct dm_workspace *workspace, struct dm_error *err) {
  return syncfs(workspace->root) == 0 ? 0 : dm_error_errno(err, errno, workspace->subject);
}
