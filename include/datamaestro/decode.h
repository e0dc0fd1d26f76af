/* Compressed data to plain bytes, as a reader of a reader: gzip, bzip2, xz, zstd and lz4, each by its own
 * library, which is loaded when the first data of its format is opened (gzip: datamaestro/inflate.h).
 *
 * A file is one or more streams of its format, one after another. Zero padding after the last one is passed
 * over. Other bytes there are ignored and counted (dm_decode_garbage) in gzip and bzip2 data, and damage in
 * xz, zstd and lz4 data: each as the format's own command has it. Data that end early, damage and checksums
 * that do not match are DM_ERROR_FORMAT; what the source fails with comes through unchanged. After a
 * failure every later call fails the same way. */
#ifndef DATAMAESTRO_DECODE_H
#define DATAMAESTRO_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/inflate.h"
#include "datamaestro/reader.h"

enum dm_decode_format {
  DM_DECODE_GZIP,
  DM_DECODE_BZIP2,
  DM_DECODE_XZ,
  DM_DECODE_ZSTD, /* with skippable frames, as pzstd writes them */
  DM_DECODE_LZ4,  /* the frame format; not the "legacy" one of Linux kernels */
  DM_DECODE_FORMATS
};

enum {
  /* Bytes of content by byte of data from which on the data are taken for a bomb: deflate makes 1032 at most,
   * and 1029 of nothing but zeros, so that no other gzip data come near it. Of the others, all make more. */
  DM_DECODE_RATIO = 1000,
  DM_DECODE_RATIO_FROM = 64 * 1024 * 1024, /* bytes of content before which no ratio is too high */
  /* Bytes that a decoder may take for what it must remember: enough for `xz -7` (17 MiB; `xz -6`, the
   * default, takes 9), for `zstd -19` (8 MiB) and `zstd --long=24` (16 MiB), for all of lz4 (8 MiB) and bzip2
   * (4 MiB); not for `xz -8` (33 MiB), `xz -9` (65 MiB), `zstd --ultra -20` (32 MiB) and `zstd --long` (128
   * MiB). */
  DM_DECODE_MEMORY = 20 * 1024 * 1024,
  DM_DECODE_BLOCK = 256 * 1024, /* bytes of content that are handed out at once, at most */
};

struct dm_decode; /* owns its libraries' states; freed by dm_decode_close */

struct dm_decode_options {
  enum dm_decode_format format;
  const char *subject; /* names the data in errors: a path or URL; copied */
  const char *backend; /* of gzip: as in dm_inflate_options; NULL: the best one */
  uint64_t limit;      /* bytes of content at most; DM_INFLATE_NO_LIMIT */
  uint64_t ratio;      /* bytes of content by byte of data at most, so far; 0: any */
  uint64_t memory;     /* bytes that the decoder may take; 0: DM_DECODE_MEMORY */
};

/* "gzip", "bzip2", "xz", "zstd", "lz4". Static storage. */
const char *dm_decode_name(enum dm_decode_format format);

/* The format of that name, or -1. */
int dm_decode_find(const char *name);

/* The format of the data that begin with `size` bytes at `head` (6 are enough, but for skippable frames), or
 * -1 when it is none of ours. */
int dm_decode_recognise(const void *head, size_t size);

/* The source stays the caller's, and must live until dm_decode_close. Fails for an unknown back end
 * (DM_ERROR_USAGE), for a library that cannot be loaded and for want of memory. */
int dm_decode_open(struct dm_decode **decode, struct dm_reader *source,
                   const struct dm_decode_options *options, struct dm_error *err);

/* The content. Owned by `decode`. */
struct dm_reader *dm_decode_reader(struct dm_decode *decode);

/* Bytes after the data that were ignored, as their command would do, which warns of them. Final at the end
 * of the content. */
uint64_t dm_decode_garbage(const struct dm_decode *decode);

/* Reads the content to its end and writes it to the new file `path`, which is removed on failure. It is on
 * disk when this returns. */
int dm_decode_to_file(struct dm_decode *decode, const char *path, uint64_t *size, struct dm_error *err);

/* Frees; NULL is fine. */
void dm_decode_close(struct dm_decode *decode);

#endif
