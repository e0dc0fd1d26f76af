#include "archive_walk.h"

#include <errno.h>
#include <string.h>

#include "archive_content.h"
#include "archive_zip.h"

void dm_archive_locale_enter(struct dm_archive_locale *locale) {
  locale->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  locale->before = locale->utf8 != (locale_t)0 ? uselocale(locale->utf8) : (locale_t)0;
}

void dm_archive_locale_leave(struct dm_archive_locale *locale) {
  if (locale->utf8 == (locale_t)0)
    return;
  (void)uselocale(locale->before);
  freelocale(locale->utf8);
}

static bool is_kind(const struct dm_archive_walk *walk, const char *kind) {
  return strcmp(walk->input.kind, kind) == 0;
}

static int open_archive(struct dm_archive_walk *walk, struct dm_error *err) {
  const struct dm_archive_library *library = &walk->library;
  walk->archive = library->create();
  if (walk->archive == NULL)
    return dm_error_errno(err, ENOMEM, walk->options->subject);
  int status = is_kind(walk, "tar")   ? library->support_tar(walk->archive)
               : is_kind(walk, "zip") ? library->support_zip(walk->archive)
                                      : library->support_7zip(walk->archive);
  if (status == ARCHIVE_OK)
    status = dm_archive_input_attach(&walk->input, library, walk->archive, walk->options->path);
  return status == ARCHIVE_OK || dm_archive_zip_is_empty(&walk->input)
             ? 0
             : dm_archive_input_fail(&walk->input, library, walk->archive, walk->options->subject, err);
}

int dm_archive_walk_open(struct dm_archive_walk *walk, struct dm_error *err) {
  const struct dm_archive_choice *choice = &walk->options->choice;
  bool chooses = choice->file_count > 0 || (choice->subpath != NULL && choice->subpath[0] != '\0');
  if (chooses && dm_archive_chooser_open(&walk->chooser, choice, err) != 0)
    return -1;
  if (dm_archive_input_open(&walk->input, walk->options, err) != 0 ||
      dm_archive_library_load(&walk->library, err) != 0)
    return -1;
  return open_archive(walk, err);
}

/* A tar archive ends with blocks of zeros; libarchive also takes the end of its input for the end. The zeros
 * are there if it stopped before the input's end, or if it consumed a block since the last member and the
 * input's last block is one of them. */
static int check_tar_end(const struct dm_archive_walk *walk, struct dm_error *err) {
  static const unsigned char zeros[DM_ARCHIVE_BLOCK];
  int64_t consumed = walk->library.filter_bytes(walk->archive, 0) - walk->position;
  if (!walk->input.ended ||
      (consumed >= DM_ARCHIVE_BLOCK && memcmp(walk->input.tail, zeros, sizeof zeros) == 0))
    return 0;
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s: tar archive ends early (blocks of zeros expected at its end)",
                      walk->options->subject);
}

/* What comes after the end of a tar archive is padding, as for tar; but the readers below have checks at
 * their own end. */
static int drain(struct dm_archive_walk *walk, struct dm_error *err) {
  while (!walk->input.ended)
    if (dm_archive_input_skip(&walk->input, err) != 0 || dm_archive_content_beat(walk, err) != 0)
      return -1;
  return 0;
}

static int end(struct dm_archive_walk *walk, struct dm_error *err) {
  int status = 0;
  if (is_kind(walk, "tar"))
    status = check_tar_end(walk, err) != 0 ? -1 : drain(walk, err);
  else if (is_kind(walk, "zip"))
    status = dm_archive_zip_check(&walk->input, walk->options->subject, walk->found, err);
  if (status == 0 && walk->chooser != NULL)
    status = dm_archive_chooser_check(walk->chooser, walk->options->subject, err);
  return status;
}

static bool is_wanted(struct dm_archive_walk *walk, const char *name) {
  bool is_link = walk->library.hardlink(walk->entry) != NULL;
  __LA_MODE_T type = walk->library.filetype(walk->entry);
  walk->is_file = type == AE_IFREG && !is_link;
  if (walk->files_only && !walk->is_file && !is_link)
    return false;
  return walk->chooser == NULL || dm_archive_chooser_takes(walk->chooser, name, type == AE_IFDIR && !is_link);
}

static int check_name(struct dm_archive_walk *walk, const char *name, struct dm_error *err) {
  const char *fault =
      name != NULL ? dm_archive_clean(name, walk->clean) : "a name that is not UTF-8 (UTF-8 expected)";
  if (fault == NULL && walk->clean[0] == '\0' && walk->library.filetype(walk->entry) != AE_IFDIR)
    fault = "the folder itself (member of it expected)";
  if (fault == NULL && walk->library.is_encrypted(walk->entry) != 0)
    fault = "encrypted (plain member expected)";
  if (fault != NULL)
    return dm_archive_refuse(err, walk->options->subject, name != NULL ? name : "", "%s", fault);
  walk->name = walk->chooser != NULL ? dm_archive_chooser_below(walk->chooser, walk->clean) : walk->clean;
  return walk->name != NULL
             ? 0
             : dm_archive_refuse(err, walk->options->subject, name, "a name of two meanings (one expected)");
}

int dm_archive_walk_next(struct dm_archive_walk *walk, struct dm_error *err) {
  if (dm_archive_zip_is_empty(&walk->input))
    return end(walk, err);
  for (;;) {
    walk->position = walk->library.filter_bytes(walk->archive, 0);
    int status = walk->library.next_header(walk->archive, &walk->entry);
    if (walk->input.failed || (status != ARCHIVE_OK && status != ARCHIVE_EOF))
      return dm_archive_input_fail(&walk->input, &walk->library, walk->archive, walk->options->subject, err);
    if (status == ARCHIVE_EOF)
      return end(walk, err);
    walk->found++;
    const char *name = walk->library.pathname(walk->entry);
    if (is_wanted(walk, name))
      return check_name(walk, name, err) == 0 ? 1 : -1;
    if (dm_archive_content_pass(walk, name != NULL ? name : "", err) != 0 ||
        dm_archive_content_beat(walk, err) != 0)
      return -1;
  }
}

void dm_archive_walk_close(struct dm_archive_walk *walk) {
  if (walk->archive != NULL)
    (void)walk->library.destroy(walk->archive);
  dm_archive_input_close(&walk->input);
  dm_archive_chooser_close(walk->chooser);
}
