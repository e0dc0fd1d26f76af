/* All that is below a folder of a workspace. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_name.h"
#include "workspace_parts.h"

/* What a walk does at each entry of the open folder; `name` is that of the entry below the walk's folder.
 * `leave` is called for a folder after all that is in it. NULL: nothing. */
struct walk {
  int (*enter)(struct walk *walk, int folder, const char *base, bool is_folder, struct dm_error *err);
  int (*leave)(struct walk *walk, int folder, const char *base, struct dm_error *err);
  struct dm_workspace *workspace;
  char name[DM_ARCHIVE_NAME * 2]; /* room for a rename that lengthens what an archive has made */
  void *context;
  int (*visit)(void *context, const char *name, struct dm_error *err);
  bool (*stop)(void *context);
};

static bool is_folder(int folder, const struct dirent *entry) {
  struct stat info;
  if (entry->d_type != DT_UNKNOWN)
    return entry->d_type == DT_DIR;
  return fstatat(folder, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

static int walk_folder(struct walk *walk, int folder, size_t size, struct dm_error *err);

/* One entry: `size` bytes of walk->name are the folder's. */
static int walk_entry(struct walk *walk, int folder, const struct dirent *entry, size_t size,
                      struct dm_error *err) {
  const char *base = entry->d_name;
  size_t length = strlen(base);
  if (strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
    return 0;
  if (size + length + 2 > sizeof walk->name)
    return dm_workspace_errno(walk->workspace, ENAMETOOLONG, walk->name, err);
  memcpy(walk->name + size, base, length + 1);
  bool below = is_folder(folder, entry);
  int status = walk->enter(walk, folder, base, below, err);
  if (status != 0 || !below)
    return status;
  int fd = openat(folder, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return dm_workspace_errno(walk->workspace, errno, walk->name, err);
  walk->name[size + length] = '/';
  status = walk_folder(walk, fd, size + length + 1, err);
  walk->name[size + length] = '\0';
  return status == 0 && walk->leave != NULL ? walk->leave(walk, folder, base, err) : status;
}

/* All entries of the folder, which is closed then. */
static int walk_folder(struct walk *walk, int folder, size_t size, struct dm_error *err) {
  DIR *entries = fdopendir(folder);
  if (entries == NULL) {
    (void)close(folder);
    return dm_workspace_errno(walk->workspace, ENOMEM, walk->name, err);
  }
  int status = 0;
  errno = 0;
  for (struct dirent *entry = NULL; status == 0 && (entry = readdir(entries)) != NULL; errno = 0)
    status = walk_entry(walk, dirfd(entries), entry, size, err);
  if (status == 0 && errno != 0)
    status = dm_workspace_errno(walk->workspace, errno, walk->name, err);
  (void)closedir(entries);
  return status;
}

/* --- List --------------------------------------------------------------------------------------- */

static int visit_file(struct walk *walk, int folder, const char *base, bool below, struct dm_error *err) {
  struct stat info;
  if (below || fstatat(folder, base, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode))
    return 0;
  return walk->visit(walk->context, walk->name, err);
}

int dm_workspace_walk(struct dm_workspace *workspace, const char *name,
                      int (*visit)(void *context, const char *name, struct dm_error *err), void *context,
                      struct dm_error *err) {
  char clean[DM_ARCHIVE_NAME + 1] = "";
  struct walk walk = {.enter = visit_file, .workspace = workspace, .visit = visit, .context = context};
  const char *fault = name[0] == '\0' ? NULL : dm_archive_clean(name, clean);
  if (fault != NULL)
    return dm_workspace_refuse(workspace, DM_ERROR_USAGE, name, fault, err);
  int folder = dm_workspace_folder(workspace, clean, strlen(clean), false, err);
  return folder >= 0 ? walk_folder(&walk, folder, 0, err) : -1;
}

/* --- Links -------------------------------------------------------------------------------------- */

static int check_link(struct walk *walk, int folder, const char *base, bool below, struct dm_error *err) {
  char target[DM_ARCHIVE_NAME + 2];
  ssize_t length = below ? -1 : readlinkat(folder, base, target, sizeof target - 1);
  if (length < 0)
    return 0; /* no link */
  target[length] = '\0';
  if ((size_t)length > DM_ARCHIVE_NAME || !dm_archive_stays_inside(target, dm_archive_depth(walk->name)))
    return dm_workspace_refuse(walk->workspace, DM_ERROR_FORMAT, walk->name,
                               "a link that leads out of the folder, now that it was renamed (one that is "
                               "surely inside expected)",
                               err);
  return 0;
}

int dm_workspace_links(struct dm_workspace *workspace, struct dm_error *err) {
  struct walk walk = {.enter = check_link, .workspace = workspace};
  int folder = dm_workspace_folder(workspace, "", 0, false, err);
  return folder >= 0 ? walk_folder(&walk, folder, 0, err) : -1;
}

/* --- Remove ------------------------------------------------------------------------------------- */

static int unlink_entry(struct walk *walk, int folder, const char *base, int flags, struct dm_error *err) {
  if (walk->stop != NULL && walk->stop(walk->context))
    return dm_error_set(err, DM_ERROR_INTERRUPTED, "%s: interrupted", walk->workspace->subject);
  return unlinkat(folder, base, flags) == 0 ? 0 : dm_workspace_errno(walk->workspace, errno, walk->name, err);
}

static int remove_file(struct walk *walk, int folder, const char *base, bool below, struct dm_error *err) {
  return below ? 0 : unlink_entry(walk, folder, base, 0, err);
}

static int remove_folder(struct walk *walk, int folder, const char *base, struct dm_error *err) {
  return unlink_entry(walk, folder, base, AT_REMOVEDIR, err);
}

int dm_workspace_remove(struct dm_workspace *workspace, const char *name, bool (*stop)(void *context),
                        void *context, struct dm_error *err) {
  char clean[DM_ARCHIVE_NAME + 1];
  struct walk walk = {
      .enter = remove_file, .leave = remove_folder, .workspace = workspace, .stop = stop, .context = context};
  struct dirent entry = {.d_type = DT_UNKNOWN};
  const char *fault =
      workspace->writable ? dm_archive_clean(name, clean) : "cannot be removed: it is read only";
  if (fault == NULL && clean[0] == '\0')
    fault = "the folder itself (a name in it expected)";
  if (fault != NULL)
    return dm_workspace_refuse(workspace, DM_ERROR_USAGE, name, fault, err);
  const char *slash = strrchr(clean, '/');
  size_t size = slash != NULL ? (size_t)(slash - clean) + 1 : 0;
  int parent = dm_workspace_folder(workspace, clean, size > 0 ? size - 1 : 0, false, err);
  if (parent < 0)
    return -1;
  memcpy(walk.name, clean, size);
  (void)snprintf(entry.d_name, sizeof entry.d_name, "%s", clean + size);
  int status = walk_entry(&walk, parent, &entry, size, err);
  (void)close(parent);
  return status;
}
