/* Archives to folders: tar (plain, or packed by any format of datamaestro/decode.h), zip with zip64, and 7z.
 *
 * The reading is libarchive's, loaded when the first archive is opened, with only the formats named here and
 * none of its filters (decode.h comes before it). The writing is our own, and not archive_write_disk's: in a
 * folder that we made, all is made relative to the folder opened before it, through no link, and under a
 * name that is new. So a hostile archive has nothing to work with: there is no name to leave by, no link to
 * go through and no file to write over.
 *
 * Refused, with DM_ERROR_FORMAT and the member's name: `..`, absolute paths, backslashes, drive letters,
 * names with control characters or that are not UTF-8, too long or too deep ones; links with targets outside,
 * or that might be; devices, FIFOs, sockets; members below a file or a link; a name that was there (folders
 * aside), also one that differs by case or Unicode form only; encrypted members; damage.
 *
 * Names are taken as UTF-8, composed (NFC) where the archive says that they are Unicode. They are compared as
 * the case-insensitive folders of ext4 and F2FS compare them: full case folding, canonical decomposition
 * (NFD), ignorable characters left out.
 *
 * What is made belongs to the user, with the modes of all new files: 0777 for folders, 0666 for files, 0777
 * for those that anyone may execute, less umask. No set-user-ID, no owners, no ACLs, no attributes. Times are
 * those of the extraction: many clusters clear away by age what has not been touched for some weeks. Holes of
 * sparse files stay holes.
 *
 * Memory does not grow with the size of members. It grows by 9 to 14 bytes a member (names seen); in zip and
 * 7z archives, by what libarchive keeps of the list of members (some 250 bytes each); in 7z archives, and in
 * zip archives with other methods than deflate, by their dictionary. */
#ifndef DATAMAESTRO_ARCHIVE_H
#define DATAMAESTRO_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "datamaestro/decode.h"
#include "datamaestro/error.h"
#include "datamaestro/reader.h"

enum {
  DM_ARCHIVE_NAME = 1024,       /* bytes of a member's name, at most: the shortest PATH_MAX in use (macOS) */
  DM_ARCHIVE_PART = 255,        /* bytes between two slashes, at most: what file systems take */
  DM_ARCHIVE_DEPTH = 100,       /* folders above a member, at most */
  DM_ARCHIVE_ENTRIES = 1500000, /* the default limit: ImageNet's training set has 1.3 million files */
  DM_ARCHIVE_RATIO = DM_DECODE_RATIO,
};

#define DM_ARCHIVE_BYTES (UINT64_C(1) << 40) /* the default limit */

/* Which members are wanted; all zeros: all of them. The strings stay the caller's.
 *
 * Each of `files` is a name or pattern (src/core/glob.h): a name as in the archive, below `subpath`; a folder
 * means all that is in it; `*` and `?` stand for what is not "/", `[a-z]` for one of a set, `**` for any
 * number of folders, and `\` quotes. One that no member has is DM_ERROR_FORMAT, as is a subpath below which
 * there is nothing: the message names it, and what is there instead.
 *
 * The others are passed over: what is wrong with their names, types, links or encryption is nobody's business
 * then. Their content counts against the limits where it must be decoded to come behind it (not in zip
 * archives); damage to it is an error there. A name that would be wanted and is refused is an error. So is a
 * hard link that is wanted without its target. */
struct dm_archive_choice {
  const char *kind;         /* "tar", "zip" or "7z": another one is DM_ERROR_FORMAT; NULL: any */
  const char *subpath;      /* a folder, which the names lose; NULL or "": the archive's root */
  const char *const *files; /* NULL: all */
  size_t file_count;
};

struct dm_archive_options {
  const char *subject;      /* names the archive in errors: a path or URL */
  const char *folder;       /* where to: made by the extraction, must not exist, its parent must */
  struct dm_reader *source; /* a tar archive, extracted as it comes, and read to its end */
  const char *path;         /* or a file: any archive. Exactly one of the two */
  uint64_t bytes;           /* of all files, holes included, at most; DM_ARCHIVE_BYTES */
  uint64_t entries;         /* members, and folders that they imply, at most; DM_ARCHIVE_ENTRIES */
  uint64_t ratio;           /* bytes of content by byte of archive, so far, from DM_DECODE_RATIO_FROM bytes of
                             * content on; of a file, by byte of all of it; 0: any */
  uint64_t memory;          /* bytes, as in dm_decode_options */
  bool collisions;          /* names that differ by case or Unicode form only are fine */
  struct dm_archive_choice choice;
  /* Called on the extracting thread, every 0.1 s at most: -1 with `err` filled stops it. May be NULL. */
  int (*beat)(void *context, uint64_t bytes, struct dm_error *err);
  void *context;
};

struct dm_archive_report {
  uint64_t entries; /* members extracted: files, folders, links */
  uint64_t bytes;   /* of all files, holes included */
};

/* What an archive that begins so is: "tar", "zip", "7z", or NULL when it is none of them. Compressed data may
 * hold a tar archive: see dm_decode_recognise. 512 bytes are enough. Static storage. */
const char *dm_archive_recognise(const void *head, size_t size);

/* Whether the choice is one: else DM_ERROR_USAGE, with the name or pattern that is none. */
int dm_archive_choice_check(const struct dm_archive_choice *choice, struct dm_error *err);

/* Extracts. On success all of it is on disk for good, by one syncfs: 0.3 s for 10,000 files where an fsync
 * for each took 5.4 s. It waits for what others wrote to that file system, too. On failure the folder is
 * removed. What dies in between leaves the folder incomplete: give a name that nobody takes for the result,
 * and rename it. */
int dm_archive_extract(const struct dm_archive_options *options, struct dm_archive_report *report,
                       struct dm_error *err);

#endif
