#include "datamaestro/member.h"

#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "archive_input.h"
#include "archive_library.h"
#include "archive_name.h"
#include "datamaestro/printable.h"

enum { ZEROS = 64 * 1024 /* bytes of a hole that are handed out at once */ };

struct dm_members {
  struct dm_reader reader; /* of the current file's content */
  struct dm_archive_options options;
  struct dm_archive_input input;
  struct dm_archive_library library;
  struct archive *archive; /* NULL before it is open */
  char *path;
  char name[DM_ARCHIVE_NAME + 1];
  uint64_t size;
  int64_t position;           /* bytes of the content handed out */
  const unsigned char *block; /* behind a hole: what comes after it */
  size_t block_size;
  int64_t block_offset;
};

static const unsigned char zeros[ZEROS];

static int fail(const struct dm_members *members, struct dm_error *err) {
  return dm_archive_input_fail(&members->input, &members->library, members->archive, members->path, err);
}

static int open_archive(struct dm_members *members, struct dm_error *err) {
  const struct dm_archive_library *library = &members->library;
  members->archive = library->create();
  if (members->archive == NULL)
    return dm_error_errno(err, ENOMEM, members->path);
  const char *kind = members->input.kind;
  int status = kind[0] == 't'   ? library->support_tar(members->archive)
               : kind[0] == 'z' ? library->support_zip(members->archive)
                                : library->support_7zip(members->archive);
  if (status == ARCHIVE_OK)
    status = dm_archive_input_attach(&members->input, library, members->archive, members->path);
  return status == ARCHIVE_OK ? 0 : fail(members, err);
}

/* The next block of content, or none. */
static int read_block(struct dm_members *members, struct dm_error *err) {
  const void *block = NULL;
  la_int64_t offset = 0;
  members->block_size = 0;
  int status = members->library.data_block(members->archive, &block, &members->block_size, &offset);
  if (status == ARCHIVE_EOF) {
    members->block_size = 0;
    return 0;
  }
  if (status != ARCHIVE_OK)
    return fail(members, err);
  members->block = block;
  members->block_offset = offset;
  return offset < members->position ? fail(members, err) : 0;
}

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct dm_members *members = (struct dm_members *)reader;
  *size = 0;
  if (members->block_size == 0 && read_block(members, err) != 0)
    return -1;
  if (members->block_size == 0)
    return 0;
  int64_t hole = members->block_offset - members->position;
  if (hole > 0) {
    *bytes = zeros;
    *size = hole < ZEROS ? (size_t)hole : ZEROS;
  } else {
    *bytes = members->block;
    *size = members->block_size;
    members->block_size = 0;
  }
  members->position += (int64_t)*size;
  return 0;
}

int dm_members_open(struct dm_members **members, const char *path, struct dm_error *err) {
  struct dm_members *fresh = calloc(1, sizeof *fresh);
  *members = NULL;
  if (fresh == NULL || (fresh->path = strdup(path)) == NULL) {
    free(fresh);
    return dm_error_errno(err, ENOMEM, path);
  }
  fresh->reader.next = next;
  fresh->options = (struct dm_archive_options){
      .subject = fresh->path, .path = fresh->path, .ratio = 0, .memory = DM_MEMBER_MEMORY};
  int status = dm_archive_library_load(&fresh->library, err);
  if (status == 0)
    status = dm_archive_input_open(&fresh->input, &fresh->options, err);
  if (status == 0)
    status = open_archive(fresh, err);
  if (status != 0)
    dm_members_close(fresh);
  else
    *members = fresh;
  return status;
}

/* Takes what the entry says: whether it is a regular file, or -1. */
static int take_entry(struct dm_members *members, struct archive_entry *entry, struct dm_error *err) {
  const struct dm_archive_library *library = &members->library;
  const char *name = library->pathname(entry);
  if (library->filetype(entry) != AE_IFREG || library->hardlink(entry) != NULL)
    return 0;
  const char *problem = name != NULL ? dm_archive_clean(name, members->name) : "no name in UTF-8";
  if (problem != NULL)
    return dm_archive_refuse(err, members->path, name != NULL ? name : "?", "%s", problem);
  if (library->is_encrypted(entry))
    return dm_archive_refuse(err, members->path, members->name, "encrypted (plain content expected)");
  members->size = library->size_is_set(entry) ? (uint64_t)library->size(entry) : 0;
  members->position = 0;
  members->block_size = 0;
  return 1;
}

static int step(struct dm_members *members, struct dm_error *err) {
  for (;;) {
    struct archive_entry *entry = NULL;
    int status = members->library.next_header(members->archive, &entry);
    if (status == ARCHIVE_EOF)
      return 0;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN)
      return fail(members, err);
    int taken = take_entry(members, entry, err);
    if (taken != 0)
      return taken;
  }
}

/* libarchive converts names to the locale's characters: UTF-8, for this thread and time, whatever the user's.
 */
int dm_members_next(struct dm_members *members, struct dm_error *err) {
  locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
  locale_t before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
  int status = step(members, err);
  if (utf8 != (locale_t)0) {
    (void)uselocale(before);
    freelocale(utf8);
  }
  return status;
}

int dm_members_find(struct dm_members *members, const char *name, struct dm_error *err) {
  int status = 1;
  while ((status = dm_members_next(members, err)) > 0)
    if (strcmp(members->name, name) == 0)
      return 0;
  if (status < 0)
    return -1;
  char shown[DM_ARCHIVE_NAME + 1];
  return dm_error_set(err, DM_ERROR_UNKNOWN, "%s: no file '%s' in it", members->path,
                      dm_printable_text(shown, sizeof shown, name, strlen(name)));
}

const char *dm_members_name(const struct dm_members *members) {
  return members->name;
}

uint64_t dm_members_size(const struct dm_members *members) {
  return members->size;
}

struct dm_reader *dm_members_reader(struct dm_members *members) {
  return &members->reader;
}

void dm_members_close(struct dm_members *members) {
  if (members == NULL)
    return;
  if (members->archive != NULL)
    (void)members->library.destroy(members->archive);
  dm_archive_input_close(&members->input);
  free(members->path);
  free(members);
}
