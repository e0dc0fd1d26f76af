#include "datamaestro/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_content.h"
#include "archive_tree.h"
#include "datamaestro/printable.h"

/* One extraction under way. */
struct dm_extraction {
  struct dm_archive_walk walk;
  struct dm_archive_tree *tree;
  uint64_t entries; /* members made */
};

static const char *name_of_type(__LA_MODE_T type) {
  switch (type) {
  case AE_IFCHR:
  case AE_IFBLK:
    return "a device";
  case AE_IFIFO:
    return "a FIFO";
  case AE_IFSOCK:
    return "a socket";
  default:
    return "of unknown type";
  }
}

static int refuse_target(const struct dm_archive_walk *walk, const char *kind, const char *target,
                         const char *fault, struct dm_error *err) {
  char shown[256];
  return dm_archive_refuse(err, walk->options->subject, walk->clean, "a %s to '%s'%s", kind,
                           dm_printable_text(shown, sizeof shown, target, strlen(target)), fault);
}

static int extract_symlink(struct dm_extraction *x, const char *target, struct dm_error *err) {
  const struct dm_archive_walk *walk = &x->walk;
  if (target == NULL || !dm_archive_stays_inside(target, dm_archive_depth(walk->name)))
    return refuse_target(walk, "link", target != NULL ? target : "",
                         " (target that is surely inside the folder expected)", err);
  return dm_archive_tree_symlink(x->tree, walk->name, target, err);
}

/* Its content came with its target: there is nothing to make it of when that was passed over. */
static int extract_hardlink(struct dm_extraction *x, const char *target, struct dm_error *err) {
  char words[256];
  char clean[DM_ARCHIVE_NAME + 1];
  const struct dm_archive_walk *walk = &x->walk;
  const char *name = clean;
  const char *fault = dm_archive_clean(target, clean);
  if (fault != NULL) {
    (void)snprintf(words, sizeof words, ": %s", fault);
    return refuse_target(walk, "hard link", target, words, err);
  }
  if (walk->chooser != NULL && !dm_archive_chooser_wants(walk->chooser, clean))
    return refuse_target(walk, "hard link", target, ", which was not chosen (both or none expected)", err);
  if (walk->chooser != NULL)
    name = dm_archive_chooser_below(walk->chooser, clean);
  return dm_archive_tree_hardlink(x->tree, walk->name, name, err);
}

static int extract_file(struct dm_extraction *x, struct dm_error *err) {
  int fd = -1;
  struct dm_archive_walk *walk = &x->walk;
  bool executable = (walk->library.perm(walk->entry) & 0111) != 0;
  if (dm_archive_content_announce(walk, err) != 0 ||
      dm_archive_tree_file(x->tree, walk->name, executable, &fd, err) != 0)
    return -1;
  int status = dm_archive_content_write(walk, fd, err);
  if (close(fd) != 0 && status == 0)
    status = dm_error_errno(err, errno, walk->clean);
  return status;
}

/* A member without content, or none that we want. */
static int extract_other(struct dm_extraction *x, struct dm_error *err) {
  struct dm_archive_walk *walk = &x->walk;
  const char *hardlink = walk->library.hardlink(walk->entry);
  __LA_MODE_T type = walk->library.filetype(walk->entry);
  int status = 0;
  if (hardlink != NULL)
    status = extract_hardlink(x, hardlink, err);
  else if (type == AE_IFLNK)
    status = extract_symlink(x, walk->library.symlink(walk->entry), err);
  else if (type == AE_IFDIR)
    status = walk->name[0] != '\0' ? dm_archive_tree_folder(x->tree, walk->name, err) : 0;
  else
    status = dm_archive_refuse(err, walk->options->subject, walk->clean, "%s (file, folder or link expected)",
                               name_of_type(type));
  return status == 0 ? dm_archive_content_none(walk, err) : status;
}

static int extract_members(struct dm_extraction *x, struct dm_error *err) {
  int status = 0;
  while ((status = dm_archive_walk_next(&x->walk, err)) > 0) {
    x->entries++;
    if ((x->walk.is_file ? extract_file(x, err) : extract_other(x, err)) != 0 ||
        dm_archive_content_beat(&x->walk, err) != 0)
      return -1;
  }
  return status;
}

/* Into a folder of its own: removed unless all is well. */
static int extract_to_folder(struct dm_extraction *x, struct dm_error *err) {
  const struct dm_archive_options *options = x->walk.options;
  struct dm_archive_tree_options tree = {options->subject, options->folder, options->entries,
                                         options->collisions};
  if (dm_archive_tree_open(&x->tree, &tree, err) != 0)
    return -1;
  int status = extract_members(x, err);
  if (status == 0)
    status = dm_archive_tree_sync(x->tree, err);
  if (status != 0)
    dm_archive_tree_remove(x->tree);
  dm_archive_tree_close(x->tree);
  return status;
}

int dm_archive_extract(const struct dm_archive_options *options, struct dm_archive_report *report,
                       struct dm_error *err) {
  struct dm_extraction x = {.walk = {.options = options}};
  struct dm_archive_locale locale;
  dm_archive_locale_enter(&locale);
  int status = dm_archive_walk_open(&x.walk, err);
  if (status == 0)
    status = extract_to_folder(&x, err);
  *report = (struct dm_archive_report){.entries = x.entries, .bytes = x.walk.bytes};
  dm_archive_walk_close(&x.walk);
  dm_archive_locale_leave(&locale);
  return status;
}
