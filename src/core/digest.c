#include "datamaestro/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BLOCK = 256 * 1024 }; /* bytes: stays in the second-level cache between read and digest */

static const char *const names[DM_DIGEST_KINDS] = {"md5", "sha1", "sha256", "sha512"};

const char *dm_digest_name(enum dm_digest_kind kind) {
  return names[kind];
}

int dm_digest_find(const char *name) {
  for (int kind = 0; kind < DM_DIGEST_KINDS; kind++)
    if (strcmp(name, names[kind]) == 0)
      return kind;
  return -1;
}

static const EVP_MD *algorithm(int kind) {
  switch (kind) {
  case DM_DIGEST_MD5:
    return EVP_md5();
  case DM_DIGEST_SHA1:
    return EVP_sha1();
  case DM_DIGEST_SHA256:
    return EVP_sha256();
  default:
    return EVP_sha512();
  }
}

static int refused(int kind, struct dm_error *err) {
  return dm_error_set(err, DM_ERROR, "%s: refused by libcrypto", names[kind]);
}

int dm_digest_open(struct dm_digest *digest, unsigned kinds, struct dm_error *err) {
  memset(digest, 0, sizeof *digest);
  for (int kind = 0; kind < DM_DIGEST_KINDS; kind++) {
    if ((kinds & 1u << kind) == 0)
      continue;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    digest->contexts[kind] = context;
    if (context == NULL || EVP_DigestInit_ex(context, algorithm(kind), NULL) != 1) {
      dm_digest_close(digest);
      return refused(kind, err);
    }
  }
  return 0;
}

int dm_digest_update(struct dm_digest *digest, const void *bytes, size_t size, struct dm_error *err) {
  for (int kind = 0; kind < DM_DIGEST_KINDS; kind++)
    if (digest->contexts[kind] != NULL && EVP_DigestUpdate(digest->contexts[kind], bytes, size) != 1)
      return refused(kind, err);
  return 0;
}

static void write_hex(char *hex, const unsigned char *bytes, unsigned size) {
  static const char digits[] = "0123456789abcdef";
  for (unsigned i = 0; i < size; i++) {
    *hex++ = digits[bytes[i] >> 4];
    *hex++ = digits[bytes[i] & 15];
  }
  *hex = '\0';
}

/* Finishes a copy, so that the stream itself can go on. */
static int read_one(const EVP_MD_CTX *context, char *hex) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_MD_CTX *copy = EVP_MD_CTX_new();
  int done =
      copy != NULL && EVP_MD_CTX_copy_ex(copy, context) == 1 && EVP_DigestFinal_ex(copy, bytes, &size) == 1;
  EVP_MD_CTX_free(copy);
  if (!done || 2 * size >= DM_DIGEST_HEX_SIZE)
    return -1;
  write_hex(hex, bytes, size);
  return 0;
}

int dm_digest_read(const struct dm_digest *digest, struct dm_digest_hex *hex, struct dm_error *err) {
  memset(hex, 0, sizeof *hex);
  for (int kind = 0; kind < DM_DIGEST_KINDS; kind++)
    if (digest->contexts[kind] != NULL && read_one(digest->contexts[kind], hex->of[kind]) != 0)
      return refused(kind, err);
  return 0;
}

void dm_digest_close(struct dm_digest *digest) {
  for (int kind = 0; kind < DM_DIGEST_KINDS; kind++)
    EVP_MD_CTX_free(digest->contexts[kind]);
  memset(digest, 0, sizeof *digest);
}

/* A pass over a file. */
struct pass {
  const char *path;
  dm_digest_beat *beat;
  void *context;
  unsigned char *block;
  uint64_t size; /* bytes read */
};

static int take_block(struct pass *pass, struct dm_digest *digest, size_t size, struct dm_error *err) {
  pass->size += size;
  if (dm_digest_update(digest, pass->block, size, err) != 0)
    return -1;
  if (pass->beat != NULL && !pass->beat(pass->context, size))
    return dm_error_set(err, DM_ERROR_INTERRUPTED, "%s: interrupted", pass->path);
  return 0;
}

/* read(), not mmap: for one pass over a cached file it is three times as fast. */
static int digest_stream(struct pass *pass, struct dm_digest *digest, int fd, struct dm_error *err) {
  (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  for (;;) {
    ssize_t got = read(fd, pass->block, FILE_BLOCK);
    if (got < 0 && errno != EINTR)
      return dm_error_errno(err, errno, pass->path);
    if (got == 0)
      return 0;
    if (got > 0 && take_block(pass, digest, (size_t)got, err) != 0)
      return -1;
  }
}

/* A FIFO or a device would make the pass wait or never end. */
static int open_regular(const char *path, struct dm_error *err) {
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return dm_error_errno(err, errno, path);
  if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
    return fd;
  (void)close(fd);
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: not a regular file (file expected)", path);
}

int dm_digest_watched(const char *path, unsigned kinds, dm_digest_beat *beat, void *context,
                      struct dm_digest_hex *hex, uint64_t *size, struct dm_error *err) {
  struct dm_digest digest;
  struct pass pass = {.path = path, .beat = beat, .context = context};
  *size = 0;
  int fd = open_regular(path, err);
  if (fd < 0)
    return -1;
  pass.block = malloc(FILE_BLOCK);
  int status = dm_digest_open(&digest, kinds, err);
  if (status == 0 && pass.block == NULL)
    status = dm_error_errno(err, ENOMEM, path);
  if (status == 0)
    status = digest_stream(&pass, &digest, fd, err);
  if (status == 0)
    status = dm_digest_read(&digest, hex, err);
  *size = pass.size;
  dm_digest_close(&digest);
  free(pass.block);
  (void)close(fd);
  return status;
}

int dm_digest_file(const char *path, unsigned kinds, struct dm_digest_hex *hex, uint64_t *size,
                   struct dm_error *err) {
  return dm_digest_watched(path, kinds, NULL, NULL, hex, size, err);
}
