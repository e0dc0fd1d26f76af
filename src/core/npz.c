#include "datamaestro/npz.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/npy.h"
#include "datamaestro/printable.h"
#include "zip_format.h"

static const char suffix[] = ".npy";

enum { SUFFIX_SIZE = sizeof suffix - 1, NAME_SHOWN = 128, SUBJECT_SIZE = PATH_MAX + NAME_SHOWN + 16 };

static int refuse(const struct dm_npz *npz, const char *what, struct dm_error *err) {
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: %s (NPZ file, a zip archive, expected)", npz->path, what);
}

/* The record that ends the archive is found from its end, behind a comment. */
static const unsigned char *find_end(const struct dm_storage *storage) {
  if (storage->size < ZIP_END_SIZE)
    return NULL;
  size_t last = storage->size - ZIP_END_SIZE;
  for (size_t comment = 0; comment <= last && comment <= ZIP_COMMENT_MAXIMUM; comment++) {
    const unsigned char *here = storage->bytes + last - comment;
    if (zip_get32(here) == ZIP_END && zip_get16(here + 20) == comment)
      return here;
  }
  return NULL;
}

/* Where the directory is. */
struct directory {
  uint64_t count;
  uint64_t size;
  uint64_t offset;
};

/* Before the end of an archive that is large in some way stand two more records. */
static int read_end64(const struct dm_npz *npz, const unsigned char *end, struct directory *directory,
                      struct dm_error *err) {
  size_t before = (size_t)(end - npz->storage->bytes);
  if (before < ZIP_LOCATOR64_SIZE || zip_get32(end - ZIP_LOCATOR64_SIZE) != ZIP_LOCATOR64)
    return 0;
  uint64_t offset = zip_get64(end - ZIP_LOCATOR64_SIZE + 8);
  if (before - ZIP_LOCATOR64_SIZE < ZIP_END64_SIZE || offset > before - ZIP_LOCATOR64_SIZE - ZIP_END64_SIZE ||
      zip_get32(npz->storage->bytes + offset) != ZIP_END64)
    return refuse(npz, "damaged zip64 end", err);
  const unsigned char *record = npz->storage->bytes + offset;
  directory->count = zip_get64(record + 32);
  directory->size = zip_get64(record + 40);
  directory->offset = zip_get64(record + 48);
  return 0;
}

static int find_directory(const struct dm_npz *npz, struct directory *directory, struct dm_error *err) {
  const unsigned char *end = find_end(npz->storage);
  if (end == NULL)
    return refuse(npz, npz->storage->size == 0 ? "empty file" : "no end of a zip archive", err);
  directory->count = zip_get16(end + 10);
  directory->size = zip_get32(end + 12);
  directory->offset = zip_get32(end + 16);
  if (read_end64(npz, end, directory, err) != 0)
    return -1;
  uint64_t before = (uint64_t)(end - npz->storage->bytes);
  if (directory->offset > before || directory->size > before - directory->offset ||
      directory->count > directory->size / ZIP_ENTRY_SIZE)
    return refuse(npz, "damaged directory", err);
  return 0;
}

/* Takes the numbers that an entry's own fields do not hold from its zip64 extra field, where they stand in
 * this order. False where they are not there. */
static bool read_extra64(struct dm_npz_member *member, const unsigned char *extra, size_t size) {
  uint64_t *large[] = {&member->size, &member->packed, &member->offset};
  const unsigned char *field = NULL;
  size_t left = 0;
  while (size >= 4 && field == NULL) {
    size_t length = zip_get16(extra + 2);
    if (length > size - 4)
      return false;
    if (zip_get16(extra) == ZIP_EXTRA64) {
      field = extra + 4;
      left = length;
    }
    extra += 4 + length;
    size -= 4 + length;
  }
  for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
    if (*large[i] != ZIP_LARGE32)
      continue;
    if (field == NULL || left < 8)
      return false;
    *large[i] = zip_get64(field);
    field += 8;
    left -= 8;
  }
  return true;
}

/* Reads the entry at `entry`, of which `left` bytes are there; its size, or 0 where it is damaged. */
static size_t read_entry(struct dm_npz_member *member, const unsigned char *entry, size_t left) {
  if (left < ZIP_ENTRY_SIZE || zip_get32(entry) != ZIP_ENTRY)
    return 0;
  size_t name = zip_get16(entry + 28);
  size_t extra = zip_get16(entry + 30);
  size_t whole = ZIP_ENTRY_SIZE + name + extra + zip_get16(entry + 32);
  *member = (struct dm_npz_member){.flags = zip_get16(entry + 8),
                                   .method = zip_get16(entry + 10),
                                   .crc = zip_get32(entry + 16),
                                   .packed = zip_get32(entry + 20),
                                   .size = zip_get32(entry + 24),
                                   .offset = zip_get32(entry + 42),
                                   .name = (const char *)entry + ZIP_ENTRY_SIZE,
                                   .name_size = name};
  if (whole > left || !read_extra64(member, entry + ZIP_ENTRY_SIZE + name, extra))
    return 0;
  return whole;
}

static int read_entries(struct dm_npz *npz, const struct directory *directory, struct dm_error *err) {
  const unsigned char *next = npz->storage->bytes + directory->offset;
  size_t left = (size_t)directory->size;
  for (uint64_t i = 0; i < directory->count; i++) {
    struct dm_npz_member *member = &npz->members[npz->count];
    size_t size = read_entry(member, next, left);
    if (size == 0)
      return refuse(npz, "damaged directory", err);
    next += size;
    left -= size;
    if (member->name_size < SUFFIX_SIZE ||
        memcmp(member->name + member->name_size - SUFFIX_SIZE, suffix, SUFFIX_SIZE) != 0)
      continue;
    member->name_size -= SUFFIX_SIZE;
    npz->count++;
  }
  if (npz->count == 0 && directory->count > 0)
    return refuse(npz, "zip archive without a .npy file", err);
  return 0;
}

static int compare_names(const char *a, size_t a_size, const char *b, size_t b_size) {
  int order = memcmp(a, b, a_size < b_size ? a_size : b_size);
  return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

static int compare_members(const void *a, const void *b) {
  const struct dm_npz_member *left = a;
  const struct dm_npz_member *right = b;
  return compare_names(left->name, left->name_size, right->name, right->name_size);
}

static int sort_members(struct dm_npz *npz, struct dm_error *err) {
  char shown[NAME_SHOWN];
  qsort(npz->members, npz->count, sizeof *npz->members, compare_members);
  for (size_t i = 1; i < npz->count; i++)
    if (compare_members(&npz->members[i - 1], &npz->members[i]) == 0)
      return dm_error_set(
          err, DM_ERROR_FORMAT, "%s: two arrays '%s' (one a name expected)", npz->path,
          dm_printable_text(shown, sizeof shown, npz->members[i].name, npz->members[i].name_size));
  return 0;
}

static int read_members(struct dm_npz *npz, const struct directory *directory, struct dm_error *err) {
  npz->directory = directory->offset;
  npz->members = calloc((size_t)directory->count + 1, sizeof *npz->members);
  if (npz->members == NULL)
    return dm_error_set(err, DM_ERROR, "%s: not enough memory", npz->path);
  if (read_entries(npz, directory, err) != 0)
    return -1;
  return sort_members(npz, err);
}

int dm_npz_open(struct dm_npz *npz, const char *path, struct dm_error *err) {
  struct directory directory = {.count = 0};
  *npz = (struct dm_npz){.path = path, .storage = dm_storage_map(path, err)};
  if (npz->storage == NULL)
    return -1;
  if (find_directory(npz, &directory, err) == 0 && read_members(npz, &directory, err) == 0)
    return 0;
  dm_npz_close(npz);
  return -1;
}

int dm_npz_find(const struct dm_npz *npz, const char *name, size_t name_size, size_t *index,
                struct dm_error *err) {
  char shown[NAME_SHOWN];
  for (size_t i = 0; i < npz->count; i++)
    if (compare_names(name, name_size, npz->members[i].name, npz->members[i].name_size) == 0) {
      *index = i;
      return 0;
    }
  return dm_error_set(err, DM_ERROR_UNKNOWN, "%s: no array '%s' (one of %zu others expected)", npz->path,
                      dm_printable_text(shown, sizeof shown, name, name_size), npz->count);
}

/* Finds the bytes of a member behind its local header. */
static int find_bytes(const struct dm_npz *npz, const struct dm_npz_member *member, const char *subject,
                      size_t *start, struct dm_error *err) {
  uint64_t end = npz->directory;
  bool inside = member->offset <= end && end - member->offset >= ZIP_LOCAL_SIZE;
  const unsigned char *local = inside ? npz->storage->bytes + member->offset : NULL;
  if (local == NULL || zip_get32(local) != ZIP_LOCAL)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: no local header where the directory says", subject);
  *start = (size_t)member->offset + ZIP_LOCAL_SIZE + zip_get16(local + 26) + zip_get16(local + 28);
  if (*start > end || member->packed > end - *start)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: cut short (%llu bytes expected)", subject,
                        (unsigned long long)member->packed);
  return 0;
}

/* Whether the input is a whole deflate stream whose content fills the output exactly. */
static bool inflate_bytes(void *state, struct dm_inflate_io io) {
  const struct dm_inflate_backend *backend = zip_backend();
  unsigned char beyond[DM_DEFLATE_AHEAD];
  enum dm_deflate_status status = DM_DEFLATE_MORE;
  bool full = false;
  while (status == DM_DEFLATE_MORE) {
    if (io.out_size == 0) { /* the end may be still to come; content may not */
      if (full)
        return false;
      full = true;
      io.out = beyond;
      io.out_size = 1;
    }
    size_t before = io.in_size + io.out_size;
    status = backend->decode(state, &io);
    if (status == DM_DEFLATE_MORE && io.in_size + io.out_size == before)
      return false;
  }
  return status == DM_DEFLATE_END && io.out_size == (full ? 1 : 0) && io.in_size == 0 &&
         backend->take_ahead(state, beyond) == 0;
}

/* The content of a deflated member, whose bytes are at `in`; NULL with `err` filled on failure. */
static struct dm_storage *inflate_member(const struct dm_npz_member *member, const unsigned char *in,
                                         const char *subject, struct dm_error *err) {
  enum { RATIO_MAXIMUM = 1032 }; /* of deflate: 258 bytes in two bits */
  const struct dm_inflate_backend *backend = zip_backend();
  if (member->size / RATIO_MAXIMUM > member->packed) {
    (void)dm_error_set(err, DM_ERROR_FORMAT, "%s: %llu bytes deflated to %llu (more expected)", subject,
                       (unsigned long long)member->size, (unsigned long long)member->packed);
    return NULL;
  }
  struct dm_storage *storage = dm_storage_alloc((size_t)member->size, err);
  void *state = storage == NULL ? NULL : backend->open();
  if (state == NULL) {
    dm_storage_release(storage);
    (void)dm_error_set(err, DM_ERROR, "%s: not enough memory for %llu bytes", subject,
                       (unsigned long long)member->size);
    return NULL;
  }
  struct dm_inflate_io io = {
      .in = in, .in_size = (size_t)member->packed, .out = storage->bytes, .out_size = storage->size};
  bool whole = inflate_bytes(state, io);
  backend->close(state);
  if (whole && backend->crc(0, storage->bytes, storage->size) == member->crc)
    return storage;
  dm_storage_release(storage);
  (void)dm_error_set(err, DM_ERROR_FORMAT, "%s: %s (whole deflated data expected)", subject,
                     whole ? "wrong checksum" : "damaged");
  return NULL;
}

static int check_method(const struct dm_npz_member *member, const char *subject, struct dm_error *err) {
  if ((member->flags & ZIP_ENCRYPTED) != 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: encrypted (plain data expected)", subject);
  if (member->method != ZIP_STORED && member->method != ZIP_DEFLATED)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: packed by method %u (stored or deflated expected)",
                        subject, member->method);
  if (member->method == ZIP_STORED && member->packed != member->size)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %llu bytes stored as %llu (as many expected)", subject,
                        (unsigned long long)member->size, (unsigned long long)member->packed);
  return 0;
}

int dm_npz_read(const struct dm_npz *npz, size_t index, struct dm_tensor *tensor, struct dm_error *err) {
  const struct dm_npz_member *member = &npz->members[index];
  char shown[NAME_SHOWN];
  char subject[SUBJECT_SIZE];
  size_t start = 0;
  (void)dm_printable_text(shown, sizeof shown, member->name, member->name_size);
  (void)snprintf(subject, sizeof subject, "%s: array '%s'", npz->path, shown);
  if (check_method(member, subject, err) != 0 || find_bytes(npz, member, subject, &start, err) != 0)
    return -1;
  if (member->method == ZIP_STORED)
    return dm_npy_view(tensor, npz->storage, start, (size_t)member->size, subject, err);
  struct dm_storage *storage = inflate_member(member, npz->storage->bytes + start, subject, err);
  if (storage == NULL)
    return -1;
  int status = dm_npy_view(tensor, storage, 0, storage->size, subject, err);
  dm_storage_release(storage);
  return status;
}

void dm_npz_close(struct dm_npz *npz) {
  dm_storage_release(npz->storage);
  free(npz->members);
  npz->storage = NULL;
  npz->members = NULL;
  npz->count = 0;
}
