#include "archive_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "number_set.h"

enum { REMOVE_HANDLES = 16 }; /* folders that are open at once while all is removed */

struct dm_archive_tree {
  struct dm_archive_tree_options options;
  int root;
  int parent; /* the folder of the last member, -1 when none: members of one folder come together */
  char parent_name[DM_ARCHIVE_NAME + 1];
  struct dm_number_set names; /* folded, of all that was made */
  uint64_t entries;
};

int dm_archive_tree_open(struct dm_archive_tree **tree, const struct dm_archive_tree_options *options,
                         struct dm_error *err) {
  *tree = NULL;
  if (strlen(options->folder) + 1 + DM_ARCHIVE_NAME >= PATH_MAX)
    return dm_error_errno(err, ENAMETOOLONG, options->folder);
  struct dm_archive_tree *fresh = calloc(1, sizeof *fresh);
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, options->folder);
  fresh->options = *options;
  fresh->root = -1;
  fresh->parent = -1;
  int status = mkdir(options->folder, 0777);
  if (status == 0) {
    fresh->root = open(options->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    status = fresh->root < 0 ? -1 : 0;
    if (status != 0)
      (void)rmdir(options->folder);
  }
  if (status != 0) {
    (void)dm_error_errno(err, errno, options->folder);
    free(fresh);
    return -1;
  }
  *tree = fresh;
  return 0;
}

static void leave_parent(struct dm_archive_tree *tree) {
  if (tree->parent >= 0 && tree->parent != tree->root)
    (void)close(tree->parent);
  tree->parent = -1;
}

void dm_archive_tree_close(struct dm_archive_tree *tree) {
  if (tree == NULL)
    return;
  leave_parent(tree);
  (void)close(tree->root);
  dm_number_set_clear(&tree->names);
  free(tree);
}

static int fail_errno(const struct dm_archive_tree *tree, int cause, const char *name, struct dm_error *err) {
  char path[PATH_MAX];
  (void)snprintf(path, sizeof path, "%s/%s", tree->options.folder, name);
  return dm_error_errno(err, cause, path);
}

/* Before anything is made: counts it, and keeps its name, the first `size` bytes of `name`. */
static int announce(struct dm_archive_tree *tree, const char *name, size_t size, struct dm_error *err) {
  uint64_t number = 0;
  if (tree->entries == tree->options.entries)
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: %" PRIu64 " members or more (%" PRIu64 " at most expected)",
                        tree->options.subject, tree->entries + 1, tree->options.entries);
  tree->entries++;
  if (tree->options.collisions)
    return 0;
  if (dm_archive_fold(name, size, &number, err) != 0)
    return -1;
  if (dm_number_set_has(&tree->names, number))
    return dm_archive_refuse(
        err, tree->options.subject, name,
        "differs from another one by case or Unicode form only (distinct names expected)");
  return dm_number_set_add(&tree->names, number) == 0 ? 0 : dm_error_errno(err, ENOMEM, name);
}

static int refuse_twice(const struct dm_archive_tree *tree, const char *name, struct dm_error *err) {
  return dm_archive_refuse(err, tree->options.subject, name, "is there already (each name once expected)");
}

/* The first `size` bytes of the member's name are no folder. */
static int refuse_below(const struct dm_archive_tree *tree, int folder, const char *part, const char *name,
                        size_t size, struct dm_error *err) {
  struct stat info;
  bool is_link = fstatat(folder, part, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
  if (size == strlen(name)) /* a folder, where something else is */
    return refuse_twice(tree, name, err);
  return dm_archive_refuse(err, tree->options.subject, name, "lies below '%.*s', a %s (folder expected)",
                           (int)size, name, is_link ? "link" : "file");
}

/* Opens the folder `part` of `folder`: the first `size` bytes of the member's `name`; makes it if asked to.
 */
static int open_part(struct dm_archive_tree *tree, int folder, const char *part, const char *name,
                     size_t size, bool create, struct dm_error *err) {
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  int fd = openat(folder, part, flags);
  if (fd >= 0)
    return fd;
  if (errno == ENOTDIR || errno == ELOOP)
    return refuse_below(tree, folder, part, name, size, err);
  if (errno != ENOENT || !create)
    return fail_errno(tree, errno, name, err);
  if (announce(tree, name, size, err) != 0)
    return -1;
  if (mkdirat(folder, part, 0777) != 0 || (fd = openat(folder, part, flags)) < 0)
    return fail_errno(tree, errno, name, err);
  return fd;
}

/* Opens the folder that is the first `size` bytes of `name`, from the root on; the root itself for 0. */
static int walk(struct dm_archive_tree *tree, const char *name, size_t size, bool create,
                struct dm_error *err) {
  char part[DM_ARCHIVE_PART + 1];
  int folder = tree->root;
  for (size_t done = 0; done < size && folder >= 0;) {
    size_t length = strcspn(name + done, "/");
    (void)snprintf(part, sizeof part, "%.*s", (int)length, name + done);
    int next = open_part(tree, folder, part, name, done + length, create, err);
    if (folder != tree->root)
      (void)close(folder);
    folder = next;
    done += length + 1;
  }
  return folder;
}

/* The last part of a name. */
static const char *base_of(const char *name) {
  const char *slash = strrchr(name, '/');
  return slash != NULL ? slash + 1 : name;
}

/* Bytes of a name before its last slash. */
static size_t parent_size(const char *name) {
  const char *base = base_of(name);
  return base > name ? (size_t)(base - name) - 1 : 0;
}

/* Opens the member's folder as tree->parent. */
static int enter_parent(struct dm_archive_tree *tree, const char *name, struct dm_error *err) {
  size_t size = parent_size(name);
  if (tree->parent >= 0 && strlen(tree->parent_name) == size && memcmp(tree->parent_name, name, size) == 0)
    return 0;
  leave_parent(tree);
  tree->parent = walk(tree, name, size, true, err);
  memcpy(tree->parent_name, name, size);
  tree->parent_name[size] = '\0';
  return tree->parent >= 0 ? 0 : -1;
}

/* Readies for a member that is new: its folder is there, its name is not. */
static int begin_member(struct dm_archive_tree *tree, const char *name, struct dm_error *err) {
  struct stat info;
  if (enter_parent(tree, name, err) != 0)
    return -1;
  if (fstatat(tree->parent, base_of(name), &info, AT_SYMLINK_NOFOLLOW) == 0)
    return refuse_twice(tree, name, err);
  if (errno != ENOENT)
    return fail_errno(tree, errno, name, err);
  return announce(tree, name, strlen(name), err);
}

int dm_archive_tree_folder(struct dm_archive_tree *tree, const char *name, struct dm_error *err) {
  if (enter_parent(tree, name, err) != 0)
    return -1;
  int fd = open_part(tree, tree->parent, base_of(name), name, strlen(name), true, err);
  if (fd >= 0)
    (void)close(fd);
  return fd >= 0 ? 0 : -1;
}

int dm_archive_tree_file(struct dm_archive_tree *tree, const char *name, bool executable, int *fd,
                         struct dm_error *err) {
  if (begin_member(tree, name, err) != 0)
    return -1;
  *fd = openat(tree->parent, base_of(name), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
               executable ? 0777 : 0666);
  return *fd >= 0 ? 0 : fail_errno(tree, errno, name, err);
}

int dm_archive_tree_symlink(struct dm_archive_tree *tree, const char *name, const char *target,
                            struct dm_error *err) {
  if (begin_member(tree, name, err) != 0)
    return -1;
  return symlinkat(target, tree->parent, base_of(name)) == 0 ? 0 : fail_errno(tree, errno, name, err);
}

/* Opens the folder of a hard link's target, which must be a file. */
static int find_target(struct dm_archive_tree *tree, const char *name, const char *target,
                       struct dm_error *err) {
  struct stat info;
  int folder = walk(tree, target, parent_size(target), false, err);
  if (folder >= 0 && fstatat(folder, base_of(target), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISREG(info.st_mode))
    return folder;
  if (folder >= 0 && folder != tree->root)
    (void)close(folder);
  return dm_archive_refuse(err, tree->options.subject, name,
                           "a hard link to what is no file before it (file of the archive expected)");
}

int dm_archive_tree_hardlink(struct dm_archive_tree *tree, const char *name, const char *target,
                             struct dm_error *err) {
  if (begin_member(tree, name, err) != 0)
    return -1;
  int folder = find_target(tree, name, target, err);
  if (folder < 0)
    return -1;
  int status = linkat(folder, base_of(target), tree->parent, base_of(name), 0);
  if (status != 0)
    (void)fail_errno(tree, errno, name, err);
  if (folder != tree->root)
    (void)close(folder);
  return status;
}

/* One call for the whole file system: an fsync for each file would be a wait for the disk for each. */
int dm_archive_tree_sync(struct dm_archive_tree *tree, struct dm_error *err) {
  return syncfs(tree->root) == 0 ? 0 : dm_error_errno(err, errno, tree->options.folder);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walked) {
  (void)info;
  (void)type;
  (void)walked;
  (void)remove(path);
  return 0;
}

/* There are neither links nor mounts to follow; what cannot be removed stays, for there is nothing to do. */
void dm_archive_tree_remove(struct dm_archive_tree *tree) {
  (void)nftw(tree->options.folder, remove_one, REMOVE_HANDLES, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}
