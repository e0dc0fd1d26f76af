/* Extracts bytes as an archive, in a folder of its own in memory, and demands that nothing appears beside the
 * destination, that the destination is gone after a failure, and that nothing in it is what must not be: no
 * device, no link that leads out, no mode bit beyond the plain ones, not more than the limits.
 *
 * The first byte: 1: as a stream; 2: collisions allowed; 4: the checksums of headers (tar, 7z) are made right
 * first, since chance finds none. Seeds come from fuzz_archive.sh. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "datamaestro/archive.h"
#include "datamaestro/printable.h"
#include "datamaestro/source.h"

enum { BYTES = 1 << 20, ENTRIES = 64, BLOCK = 512, MAXIMUM = 4096 };

static char box[64];       /* "/dev/shm/…" */
static char in[80];        /* the archive, in the box */
static char out[80];       /* the destination, beside it */
static unsigned long seen; /* things in the destination */
static unsigned long bytes_seen;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
const char *__asan_default_options(void);

/* libarchive makes room for as many members as a 7z archive claims to have, up to 22 GB, and touches it only
 * as they come: harmless, but for the sanitizer's notes of it. Refused, it is a test of the want of memory.
 */
const char *__asan_default_options(void) {
  return "max_allocation_size_mb=256:allocator_may_return_null=1";
}

static void clean_up(void) {
  (void)unlink(in);
  (void)rmdir(box);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
  (void)argc;
  (void)argv;
  (void)snprintf(box, sizeof box, "/dev/shm/fuzz-archive.XXXXXX");
  if (mkdtemp(box) == NULL)
    abort();
  (void)snprintf(in, sizeof in, "%s/in", box);
  (void)snprintf(out, sizeof out, "%s/out", box);
  (void)atexit(clean_up);
  return 0;
}

static void mend_tar(unsigned char *bytes, size_t size) {
  enum { SUM_AT = 148, SUM_SIZE = 8, MAGIC_AT = 257 };
  for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
    unsigned sum = 0;
    char text[SUM_SIZE];
    if (memcmp(bytes + at + MAGIC_AT, "ustar", 5) != 0)
      continue;
    memset(bytes + at + SUM_AT, ' ', SUM_SIZE);
    for (size_t i = 0; i < BLOCK; i++)
      sum += bytes[at + i];
    (void)snprintf(text, sizeof text, "%06o", sum);
    memcpy(bytes + at + SUM_AT, text, SUM_SIZE - 1);
  }
}

static void put_crc(unsigned char *at, const unsigned char *bytes, size_t size) {
  uint32_t crc = (uint32_t)crc32(0, bytes, (unsigned)size);
  for (int i = 0; i < 4; i++)
    at[i] = (unsigned char)(crc >> (8 * i));
}

static void mend_7z(unsigned char *bytes, size_t size) {
  enum { HEADER = 32 };
  if (size < HEADER || memcmp(bytes, "7z\xbc\xaf", 4) != 0)
    return;
  size_t at = bytes[12] | (size_t)bytes[13] << 8;
  size_t length = bytes[20] | (size_t)bytes[21] << 8;
  if (HEADER + at + length <= size)
    put_crc(bytes + 28, bytes + HEADER + at, length);
  put_crc(bytes + 8, bytes + 12, 20);
}

/* The target of a link, followed as far as it exists, must lie in the destination. */
static void check_link(const char *path) {
  char *real = realpath(path, NULL);
  size_t length = strlen(out);
  if (real != NULL && (strncmp(real, out, length) != 0 || (real[length] != '/' && real[length] != '\0')))
    abort();
  free(real);
}

static int check_one(const char *path, const struct stat *info, int type, struct FTW *walked) {
  (void)type;
  seen += walked->level > 0;
  if ((info->st_mode & 07000) != 0 || !dm_printable_is_plain(path, strlen(path)))
    abort();
  if (S_ISREG(info->st_mode))
    bytes_seen += info->st_nlink == 1 ? (unsigned long)info->st_size : 0;
  else if (S_ISLNK(info->st_mode))
    check_link(path);
  else if (!S_ISDIR(info->st_mode))
    abort();
  return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walked) {
  (void)info;
  (void)type;
  (void)walked;
  return remove(path);
}

/* Beside the input there is the destination, or nothing. */
static void check_box(bool extracted) {
  DIR *folder = opendir(box);
  const struct dirent *entry = NULL;
  int count = 0;
  while (folder != NULL && (entry = readdir(folder)) != NULL)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
        strcmp(entry->d_name, "in") != 0) {
      count++;
      if (strcmp(entry->d_name, "out") != 0)
        abort();
    }
  (void)closedir(folder);
  if (count != extracted)
    abort();
}

static void write_input(const unsigned char *bytes, size_t size) {
  int fd = open(in, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0)
    abort();
}

static bool extract(int choice, struct dm_archive_report *report) {
  struct dm_error err;
  struct dm_source *source = NULL;
  struct dm_archive_options options = {.subject = "fuzz",
                                       .folder = out,
                                       .path = in,
                                       .bytes = BYTES,
                                       .entries = ENTRIES,
                                       .collisions = (choice & 2) != 0,
                                       .memory = 1 << 20};
  if ((choice & 1) != 0) {
    if (dm_source_open(&source, in, &err) != 0)
      abort();
    options.source = dm_source_reader(source);
    options.path = NULL;
  }
  bool extracted = dm_archive_extract(&options, report, &err) == 0;
  dm_source_close(source);
  if (!extracted && !dm_printable_is_plain(err.message, strlen(err.message)))
    abort();
  return extracted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static unsigned char bytes[MAXIMUM];
  struct dm_archive_report report;
  if (size < 1 || size > MAXIMUM)
    return 0;
  memcpy(bytes, data + 1, size - 1);
  if ((data[0] & 4) != 0) {
    mend_tar(bytes, size - 1);
    mend_7z(bytes, size - 1);
  }
  write_input(bytes, size - 1);
  bool extracted = extract(data[0], &report);
  check_box(extracted);
  if (!extracted)
    return 0;
  seen = 0;
  bytes_seen = 0;
  if (nftw(out, check_one, 16, FTW_PHYS) != 0 || seen > ENTRIES || bytes_seen > BYTES ||
      bytes_seen > report.bytes)
    abort();
  if (nftw(out, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
    abort();
  return 0;
}
