#include "datamaestro/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_content.h"
#include "archive_input.h"
#include "archive_tree.h"
#include "archive_zip.h"
#include "datamaestro/printable.h"

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

static int extract_symlink(struct dm_extraction *x, const char *name, const char *target,
                           struct dm_error *err) {
  char shown[256];
  if (target == NULL || !dm_archive_stays_inside(target, dm_archive_depth(name)))
    return dm_archive_refuse(
        err, x->options->subject, name, "a link to '%s' (target that is surely inside the folder expected)",
        target == NULL ? "" : dm_printable_text(shown, sizeof shown, target, strlen(target)));
  return dm_archive_tree_symlink(x->tree, name, target, err);
}

static int extract_hardlink(struct dm_extraction *x, const char *name, const char *target,
                            struct dm_error *err) {
  char shown[256];
  char clean[DM_ARCHIVE_NAME + 1];
  const char *fault = dm_archive_clean(target, clean);
  if (fault != NULL)
    return dm_archive_refuse(err, x->options->subject, name, "a hard link to '%s': %s",
                             dm_printable_text(shown, sizeof shown, target, strlen(target)), fault);
  return dm_archive_tree_hardlink(x->tree, name, clean, err);
}

static int extract_file(struct dm_extraction *x, struct archive_entry *entry, const char *name,
                        struct dm_error *err) {
  int fd = -1;
  bool executable = (x->library.perm(entry) & 0111) != 0;
  if (dm_archive_content_announce(x, entry, name, err) != 0 ||
      dm_archive_tree_file(x->tree, name, executable, &fd, err) != 0)
    return -1;
  int status = dm_archive_content_write(x, entry, name, fd, err);
  if (close(fd) != 0 && status == 0)
    status = dm_error_errno(err, errno, name);
  return status;
}

/* A member without content, or none that we want. */
static int extract_other(struct dm_extraction *x, struct archive_entry *entry, const char *name,
                         struct dm_error *err) {
  const char *hardlink = x->library.hardlink(entry);
  __LA_MODE_T type = x->library.filetype(entry);
  int status = 0;
  if (hardlink != NULL)
    status = extract_hardlink(x, name, hardlink, err);
  else if (type == AE_IFLNK)
    status = extract_symlink(x, name, x->library.symlink(entry), err);
  else if (type == AE_IFDIR)
    status = name[0] != '\0' ? dm_archive_tree_folder(x->tree, name, err) : 0;
  else
    status = dm_archive_refuse(err, x->options->subject, name, "%s (file, folder or link expected)",
                               name_of_type(type));
  return status == 0 ? dm_archive_content_none(x, name, err) : status;
}

static int extract_member(struct dm_extraction *x, struct archive_entry *entry, struct dm_error *err) {
  char name[DM_ARCHIVE_NAME + 1];
  const char *raw = x->library.pathname(entry);
  const char *fault = raw != NULL ? dm_archive_clean(raw, name) : "a name that is not UTF-8 (UTF-8 expected)";
  bool is_file = x->library.filetype(entry) == AE_IFREG && x->library.hardlink(entry) == NULL;
  if (fault == NULL && name[0] == '\0' && x->library.filetype(entry) != AE_IFDIR)
    fault = "the folder itself (member of it expected)";
  if (fault == NULL && x->library.is_encrypted(entry) != 0)
    fault = "encrypted (plain member expected)";
  if (fault != NULL)
    return dm_archive_refuse(err, x->options->subject, raw != NULL ? raw : "", "%s", fault);
  x->report->entries++;
  return is_file ? extract_file(x, entry, name, err) : extract_other(x, entry, name, err);
}

/* A tar archive ends with blocks of zeros; libarchive also takes the end of its input for the end. The zeros
 * are there if it stopped before the input's end, or if it consumed a block since the last member and the
 * input's last block is one of them. */
static int check_end(const struct dm_extraction *x, int64_t position, struct dm_error *err) {
  static const unsigned char zeros[DM_ARCHIVE_BLOCK];
  int64_t consumed = x->library.filter_bytes(x->archive, 0) - position;
  if (!x->input.ended || (consumed >= DM_ARCHIVE_BLOCK && memcmp(x->input.tail, zeros, sizeof zeros) == 0))
    return 0;
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s: tar archive ends early (blocks of zeros expected at its end)",
                      x->options->subject);
}

/* What comes after the end of a tar archive is padding, as for tar; but the readers below have checks at
 * their own end. */
static int drain(struct dm_extraction *x, struct dm_error *err) {
  while (!x->input.ended)
    if (dm_archive_input_skip(&x->input, err) != 0 || dm_archive_content_beat(x, err) != 0)
      return -1;
  return 0;
}

static int extract_members(struct dm_extraction *x, struct dm_error *err) {
  bool is_tar = strcmp(x->input.kind, "tar") == 0;
  for (;;) {
    struct archive_entry *entry = NULL;
    int64_t position = x->library.filter_bytes(x->archive, 0);
    int status = x->library.next_header(x->archive, &entry);
    if (x->input.failed || (status != ARCHIVE_OK && status != ARCHIVE_EOF))
      return dm_archive_input_fail(&x->input, &x->library, x->archive, x->options->subject, err);
    if (status == ARCHIVE_EOF)
      return is_tar && (check_end(x, position, err) != 0 || drain(x, err) != 0) ? -1 : 0;
    if (extract_member(x, entry, err) != 0 || dm_archive_content_beat(x, err) != 0)
      return -1;
  }
}

static int open_archive(struct dm_extraction *x, struct dm_error *err) {
  const struct dm_archive_library *library = &x->library;
  x->archive = library->create();
  if (x->archive == NULL)
    return dm_error_errno(err, ENOMEM, x->options->subject);
  const char *kind = x->input.kind;
  int status = kind[0] == 't'   ? library->support_tar(x->archive)
               : kind[0] == 'z' ? library->support_zip(x->archive)
                                : library->support_7zip(x->archive);
  if (status == ARCHIVE_OK)
    status = dm_archive_input_attach(&x->input, library, x->archive, x->options->path);
  return status == ARCHIVE_OK || dm_archive_zip_is_empty(&x->input)
             ? 0
             : dm_archive_input_fail(&x->input, &x->library, x->archive, x->options->subject, err);
}

/* Into a folder of its own: removed unless all is well. */
static int extract_to_folder(struct dm_extraction *x, struct dm_error *err) {
  const struct dm_archive_options *options = x->options;
  struct dm_archive_tree_options tree = {options->subject, options->folder, options->entries,
                                         options->collisions};
  if (dm_archive_tree_open(&x->tree, &tree, err) != 0)
    return -1;
  int status = dm_archive_zip_is_empty(&x->input) ? 0 : extract_members(x, err);
  if (status == 0 && strcmp(x->input.kind, "zip") == 0)
    status = dm_archive_zip_check(&x->input, options->subject, x->report->entries, err);
  if (status == 0)
    status = dm_archive_tree_sync(x->tree, err);
  if (status != 0)
    dm_archive_tree_remove(x->tree);
  dm_archive_tree_close(x->tree);
  return status;
}

static int extract(struct dm_extraction *x, struct dm_error *err) {
  int status = dm_archive_input_open(&x->input, x->options, err);
  if (status == 0)
    status = dm_archive_library_load(&x->library, err);
  if (status == 0)
    status = open_archive(x, err);
  if (status == 0)
    status = extract_to_folder(x, err);
  if (x->archive != NULL)
    (void)x->library.destroy(x->archive);
  dm_archive_input_close(&x->input);
  return status;
}

/* libarchive converts names to the locale's characters: UTF-8, for this thread and time, whatever the user's.
 */
int dm_archive_extract(const struct dm_archive_options *options, struct dm_archive_report *report,
                       struct dm_error *err) {
  struct dm_extraction x = {.options = options, .report = report};
  locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  locale_t before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
  *report = (struct dm_archive_report){0};
  int status = extract(&x, err);
  if (utf8 != (locale_t)0) {
    (void)uselocale(before);
    freelocale(utf8);
  }
  return status;
}
