/* NPZ files, NumPy's format for several arrays: a zip archive of NPY files, stored or deflated, each called
 * after its array with ".npy" behind. Zip is described in PKWARE's APPNOTE.TXT (6.3.x), zip64 included. */
#ifndef DATAMAESTRO_NPZ_H
#define DATAMAESTRO_NPZ_H

#include <stdint.h>

#include "datamaestro/file.h"
#include "datamaestro/tensor.h"

struct dm_npz_member {
  const char *name; /* without ".npy"; in the mapping, not terminated */
  size_t name_size;
  unsigned method;
  unsigned flags;
  uint32_t crc;
  uint64_t offset; /* bytes before its local header */
  uint64_t packed; /* bytes as they stand in the archive */
  uint64_t size;   /* bytes of the NPY file */
};

struct dm_npz {
  const char *path;           /* the caller's */
  struct dm_storage *storage; /* NULL when closed */
  uint64_t directory;         /* offset of the directory: members end before it */
  size_t count;
  struct dm_npz_member *members; /* sorted by name, no two alike */
};

/* Maps the NPZ file `path`, which must live as long as `npz`, and reads its directory. What is no whole zip
 * archive with NPY files in it, or holds two of one name, is DM_ERROR_FORMAT; other files in it are passed
 * over. */
int dm_npz_open(struct dm_npz *npz, const char *path, struct dm_error *err);

/* The member called `name`; DM_ERROR_UNKNOWN where there is none. */
int dm_npz_find(const struct dm_npz *npz, const char *name, size_t name_size, size_t *index,
                struct dm_error *err);

/* Opens an array. One that is stored is mapped, its checksum not looked at; one that is deflated is inflated
 * into memory and checked. Encryption, other methods and all that dm_npy_open refuses are DM_ERROR_FORMAT. */
int dm_npz_read(const struct dm_npz *npz, size_t index, struct dm_tensor *tensor, struct dm_error *err);

/* Gives up the mapping (tensors keep theirs); closed is fine. */
void dm_npz_close(struct dm_npz *npz);

/* An NPZ file being written. */
struct dm_npz_writer {
  const char *path; /* the caller's */
  struct dm_replacement file;
  uint64_t offset;          /* bytes written */
  uint64_t count;           /* members */
  unsigned char *directory; /* of them, as it will be written */
  size_t directory_size;
  size_t directory_capacity;
  uint32_t crc; /* of the member under way */
};

/* Begins to write what will become `path`, which must live as long as the writer. */
int dm_npz_writer_open(struct dm_npz_writer *writer, const char *path, struct dm_error *err);

/* Adds an array, stored; names are the caller's to keep apart, of 65000 bytes at most (else
 * DM_ERROR_USAGE). Members, offsets and counts beyond what zip holds are written as zip64. */
int dm_npz_writer_add(struct dm_npz_writer *writer, const char *name, size_t name_size,
                      const struct dm_tensor *tensor, struct dm_error *err);

/* Writes the directory; the file then appears under its name, and is on disk. */
int dm_npz_writer_publish(struct dm_npz_writer *writer, struct dm_error *err);

/* Drops what was written, unless it was published; frees. Closed is fine. */
void dm_npz_writer_close(struct dm_npz_writer *writer);

#endif
