/* Where an archive's bytes come from, on their way to libarchive. */
#ifndef DATAMAESTRO_ARCHIVE_INPUT_H
#define DATAMAESTRO_ARCHIVE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "archive_library.h"
#include "datamaestro/archive.h"
#include "datamaestro/source.h"

enum {
  DM_ARCHIVE_HEAD = 4096, /* bytes that are read ahead to tell the format */
  DM_ARCHIVE_BLOCK = 512  /* bytes of a block of a tar archive */
};

struct dm_archive_input {
  struct dm_reader held;    /* the source, with what was read ahead put back */
  struct dm_reader *source; /* the caller's, or the file's */
  struct dm_source *file;   /* when the archive is a file */
  struct dm_decode *decode; /* when it is compressed */
  struct dm_reader *reader; /* the last one of the chain: what libarchive reads */
  const char *kind;         /* "tar", "zip" or "7z" */
  uint64_t size;            /* bytes of the file, or those that came from the source */
  bool ended;               /* the reader is at its end */
  bool failed;
  struct dm_error failure; /* of the reader, when `failed` */
  unsigned char head[DM_ARCHIVE_HEAD];
  size_t head_size; /* bytes read ahead; 0 when they are put back */
  const unsigned char *rest;
  size_t rest_size;                     /* bytes of the last piece read ahead that `head` did not take */
  unsigned char tail[DM_ARCHIVE_BLOCK]; /* the reader's last bytes */
};

/* Opens the chain of readers and tells the archive's kind. `input` must be all zeros, and stay where it is.
 */
int dm_archive_input_open(struct dm_archive_input *input, const struct dm_archive_options *options,
                          struct dm_error *err);

/* Lets libarchive read it; with a failure of its own for libarchive's words. */
int dm_archive_input_attach(struct dm_archive_input *input, const struct dm_archive_library *library,
                            struct archive *archive, const char *path);

/* Reads one more piece: for what libarchive leaves, such as the checksums after the end. */
int dm_archive_input_skip(struct dm_archive_input *input, struct dm_error *err);

/* Says why libarchive, or the input, failed: no archive that we know, cut, encrypted, damaged. */
int dm_archive_input_fail(const struct dm_archive_input *input, const struct dm_archive_library *library,
                          struct archive *archive, const char *subject, struct dm_error *err);

/* Closes; all zeros is fine. */
void dm_archive_input_close(struct dm_archive_input *input);

#endif
