#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "datamaestro/npy.h"
#include "datamaestro/npz.h"
#include "zip_format.h"

enum {
  VERSION = 20,
  VERSION64 = 45,
  DATE = 1 << 5 | 1 /* 1 January 1980, so that equal arrays make equal files */
};
enum { NAME_MAXIMUM = 65000, SUFFIX_SIZE = 4, EXTRA64_SIZE = 4 + 3 * 8 };

/* A record under way: numbers are appended. */
struct record {
  unsigned char *next;
};

static void put16(struct record *record, unsigned number) {
  *record->next++ = (unsigned char)number;
  *record->next++ = (unsigned char)(number >> 8);
}

static void put32(struct record *record, uint64_t number) {
  put16(record, (unsigned)number & UINT16_MAX);
  put16(record, (unsigned)(number >> 16) & UINT16_MAX);
}

static void put64(struct record *record, uint64_t number) {
  put32(record, number);
  put32(record, number >> 32);
}

static uint64_t cap32(uint64_t number) {
  return number < ZIP_LARGE32 ? number : ZIP_LARGE32;
}

static int write_all(struct dm_npz_writer *writer, const void *bytes, size_t size, struct dm_error *err) {
  writer->offset += size;
  return dm_file_write(writer->file.fd, bytes, size, writer->path, err);
}

static int write_piece(void *context, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_npz_writer *writer = context;
  writer->crc = zip_backend()->crc(writer->crc, bytes, size);
  return write_all(writer, bytes, size, err);
}

int dm_npz_writer_open(struct dm_npz_writer *writer, const char *path, struct dm_error *err) {
  *writer = (struct dm_npz_writer){.path = path};
  return dm_replacement_open(&writer->file, path, err);
}

/* What both headers of a member say of it. */
struct member {
  const char *name;
  size_t name_size;
  uint64_t size;
  uint64_t offset; /* of its local header */
};

static void put_common(struct record *record, const struct member *member, unsigned version, uint32_t crc) {
  put16(record, version);
  put16(record, ZIP_UTF8);
  put16(record, ZIP_STORED);
  put16(record, 0); /* time */
  put16(record, DATE);
  put32(record, crc);
  put32(record, cap32(member->size));
  put32(record, cap32(member->size));
  put16(record, (unsigned)(member->name_size + SUFFIX_SIZE));
}

static void put_name(struct record *record, const struct member *member) {
  memcpy(record->next, member->name, member->name_size);
  memcpy(record->next + member->name_size, ".npy", SUFFIX_SIZE);
  record->next += member->name_size + SUFFIX_SIZE;
}

/* The zip64 extra field: the numbers that the header itself does not hold. */
static unsigned extra_size(const struct member *member, bool with_offset) {
  unsigned numbers =
      (member->size >= ZIP_LARGE32 ? 2U : 0) + (with_offset && member->offset >= ZIP_LARGE32 ? 1U : 0);
  return numbers > 0 ? 4 + 8 * numbers : 0;
}

static void put_extra(struct record *record, const struct member *member, bool with_offset) {
  unsigned size = extra_size(member, with_offset);
  if (size == 0)
    return;
  put16(record, ZIP_EXTRA64);
  put16(record, size - 4);
  if (member->size >= ZIP_LARGE32) {
    put64(record, member->size);
    put64(record, member->size);
  }
  if (with_offset && member->offset >= ZIP_LARGE32)
    put64(record, member->offset);
}

/* The checksum is filled in at the end, where that can be done. */
static int write_local(struct dm_npz_writer *writer, const struct member *member, struct dm_error *err) {
  unsigned char header[ZIP_LOCAL_SIZE + NAME_MAXIMUM + SUFFIX_SIZE + EXTRA64_SIZE];
  struct record record = {.next = header};
  unsigned extra = extra_size(member, false);
  put32(&record, ZIP_LOCAL);
  put_common(&record, member, extra > 0 ? VERSION64 : VERSION, writer->crc);
  put16(&record, extra);
  put_name(&record, member);
  put_extra(&record, member, false);
  return write_all(writer, header, (size_t)(record.next - header), err);
}

static int add_crc(void *context, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_npz_writer *writer = context;
  (void)err;
  writer->crc = zip_backend()->crc(writer->crc, bytes, size);
  return 0;
}

/* Puts the checksum into the local header. */
static int write_crc(const struct dm_npz_writer *writer, const struct member *member, struct dm_error *err) {
  enum { CRC_OFFSET = 14 };
  unsigned char bytes[4];
  struct record record = {.next = bytes};
  put32(&record, writer->crc);
  ssize_t written = pwrite(writer->file.fd, bytes, sizeof bytes, (off_t)member->offset + CRC_OFFSET);
  if (written != sizeof bytes)
    return dm_error_set(err, DM_ERROR, "%s: a header could not be written", writer->path);
  return 0;
}

static int reserve(struct dm_npz_writer *writer, size_t size, struct dm_error *err) {
  if (writer->directory_capacity - writer->directory_size >= size)
    return 0;
  size_t capacity = 2 * (writer->directory_capacity + size);
  unsigned char *larger = realloc(writer->directory, capacity);
  if (larger == NULL)
    return dm_error_set(err, DM_ERROR, "%s: not enough memory", writer->path);
  writer->directory = larger;
  writer->directory_capacity = capacity;
  return 0;
}

static int add_entry(struct dm_npz_writer *writer, const struct member *member, struct dm_error *err) {
  if (reserve(writer, ZIP_ENTRY_SIZE + member->name_size + SUFFIX_SIZE + EXTRA64_SIZE, err) != 0)
    return -1;
  struct record record = {.next = writer->directory + writer->directory_size};
  unsigned extra = extra_size(member, true);
  unsigned version = extra > 0 ? VERSION64 : VERSION;
  put32(&record, ZIP_ENTRY);
  put16(&record, version);
  put_common(&record, member, version, writer->crc);
  put16(&record, extra);
  put16(&record, 0); /* comment */
  put16(&record, 0); /* disk */
  put16(&record, 0); /* attributes */
  put32(&record, 0);
  put32(&record, cap32(member->offset));
  put_name(&record, member);
  put_extra(&record, member, true);
  writer->directory_size = (size_t)(record.next - writer->directory);
  writer->count++;
  return 0;
}

int dm_npz_writer_add(struct dm_npz_writer *writer, const char *name, size_t name_size,
                      const struct dm_tensor *tensor, struct dm_error *err) {
  char header[DM_NPY_HEADER_SIZE];
  if (name_size > NAME_MAXIMUM)
    return dm_error_set(err, DM_ERROR_USAGE, "%s: name of %zu bytes (%d at most expected)", writer->path,
                        name_size, NAME_MAXIMUM);
  struct member member = {.name = name, .name_size = name_size, .offset = writer->offset};
  member.size = dm_npy_header(header, tensor) + dm_tensor_numel(tensor) * dm_dtype_size(tensor->dtype);
  bool seeks = !writer->file.is_through; /* else the checksum must be known before */
  writer->crc = 0;
  if ((!seeks && dm_npy_write(tensor, add_crc, writer, err) != 0) || write_local(writer, &member, err) != 0)
    return -1;
  writer->crc = 0;
  if (dm_npy_write(tensor, write_piece, writer, err) != 0 || (seeks && write_crc(writer, &member, err) != 0))
    return -1;
  return add_entry(writer, &member, err);
}

static void put_end64(struct record *record, const struct dm_npz_writer *writer, uint64_t start) {
  put32(record, ZIP_END64);
  put64(record, ZIP_END64_SIZE - 12); /* what follows this number */
  put16(record, VERSION64);
  put16(record, VERSION64);
  put32(record, 0); /* disks */
  put32(record, 0);
  put64(record, writer->count);
  put64(record, writer->count);
  put64(record, writer->directory_size);
  put64(record, start);
  put32(record, ZIP_LOCATOR64);
  put32(record, 0);
  put64(record, start + writer->directory_size);
  put32(record, 1);
}

int dm_npz_writer_publish(struct dm_npz_writer *writer, struct dm_error *err) {
  unsigned char end[ZIP_END64_SIZE + ZIP_LOCATOR64_SIZE + ZIP_END_SIZE];
  struct record record = {.next = end};
  uint64_t start = writer->offset;
  unsigned count = writer->count < ZIP_LARGE16 ? (unsigned)writer->count : ZIP_LARGE16;
  if (writer->count >= ZIP_LARGE16 || start >= ZIP_LARGE32 || writer->directory_size >= ZIP_LARGE32)
    put_end64(&record, writer, start);
  put32(&record, ZIP_END);
  put32(&record, 0); /* disks */
  put16(&record, count);
  put16(&record, count);
  put32(&record, cap32(writer->directory_size));
  put32(&record, cap32(start));
  put16(&record, 0); /* comment */
  if (write_all(writer, writer->directory, writer->directory_size, err) != 0 ||
      write_all(writer, end, (size_t)(record.next - end), err) != 0)
    return -1;
  return dm_replacement_publish(&writer->file, writer->path, err);
}

void dm_npz_writer_close(struct dm_npz_writer *writer) {
  dm_replacement_cancel(&writer->file);
  free(writer->directory);
  writer->directory = NULL;
}
