/* Module datamaestro.api.file: folders, whole reads, atomic writes, locks. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "datamaestro/file.h"
#include "lua_util.h"

#define LOCK "datamaestro.lock"

enum {
  READ_BLOCK = 16 * 1024,          /* bytes */
  READ_MAXIMUM = 64 * 1024 * 1024, /* bytes: scripts, settings and states are far smaller */
};

static int fail_errno(lua_State *L, const char *path) {
  struct dm_error err;
  (void)dm_error_errno(&err, errno, path);
  return dm_lua_fail(L, &err);
}

static int push_done(lua_State *L, int status, const struct dm_error *err) {
  if (status != 0)
    return dm_lua_fail(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

/* file.mkdirs(path) → true | nil, message, code: creates a folder and its missing parents. */
static int file_mkdirs(lua_State *L) {
  struct dm_error err;
  return push_done(L, dm_file_mkdirs(luaL_checkstring(L, 1), &err), &err);
}

static const char *type_of_mode(mode_t mode) {
  if (S_ISREG(mode))
    return "file";
  if (S_ISDIR(mode))
    return "folder";
  return S_ISLNK(mode) ? "link" : "special file";
}

/* file.stat(path) → {type = "file"|"folder"|"link"|"special file", size (bytes), mtime (seconds), mtime_ns
 * (the same in nanoseconds), mode (permission bits)} | nil, message, code: follows links, so "link" never
 * stands there but for file.stat(path, true). */
static int file_stat(lua_State *L) {
  struct stat info;
  const char *path = luaL_checkstring(L, 1);
  if ((lua_toboolean(L, 2) ? lstat(path, &info) : stat(path, &info)) != 0)
    return fail_errno(L, path);
  lua_createtable(L, 0, 5);
  lua_pushinteger(L, (lua_Integer)(info.st_mode & 07777));
  lua_setfield(L, -2, "mode");
  lua_pushstring(L, type_of_mode(info.st_mode));
  lua_setfield(L, -2, "type");
  lua_pushinteger(L, (lua_Integer)info.st_size);
  lua_setfield(L, -2, "size");
  lua_pushinteger(L, (lua_Integer)info.st_mtime);
  lua_setfield(L, -2, "mtime");
  lua_pushinteger(L, (lua_Integer)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec);
  lua_setfield(L, -2, "mtime_ns");
  return 1;
}

static int sort_names(lua_State *L) {
  lua_getglobal(L, "table");
  lua_getfield(L, -1, "sort");
  lua_remove(L, -2);
  lua_pushvalue(L, -2);
  lua_call(L, 1, 0);
  return 1;
}

/* file.list(path) → array of the names in a folder, sorted by byte | nil, message, code. */
static int file_list(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct dirent **entries = NULL;
  int count = scandir(path, &entries, NULL, NULL);
  if (count < 0)
    return fail_errno(L, path);
  lua_Integer kept = 0;
  lua_createtable(L, count, 0); /* a memory error here leaks the entries, and only then */
  for (int i = 0; i < count; i++) {
    const char *name = entries[i]->d_name;
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
      lua_pushstring(L, name);
      lua_rawseti(L, -2, ++kept);
    }
    free(entries[i]);
  }
  free(entries);
  return sort_names(L);
}

/* file.read(path) → content as a string (64 MiB at most) | nil, message, code. */
static int file_read(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  FILE *stream = NULL;
  if (dm_file_open_plain(path, &stream, &err) != 0)
    return dm_lua_fail(L, &err);
  luaL_Buffer buffer;
  size_t total = 0;
  size_t got = 0;
  luaL_buffinit(L, &buffer);
  do {
    got = fread(luaL_prepbuffsize(&buffer, READ_BLOCK), 1, READ_BLOCK, stream);
    luaL_addsize(&buffer, got);
    total += got;
  } while (got > 0 && total <= READ_MAXIMUM);
  int failed = ferror(stream) ? errno : 0;
  (void)fclose(stream);
  if (failed != 0)
    (void)dm_error_errno(&err, failed, path);
  else if (total > READ_MAXIMUM)
    (void)dm_error_set(&err, DM_ERROR_FORMAT, "%s: over 64 MiB (a small file expected)", path);
  else {
    luaL_pushresult(&buffer);
    return 1;
  }
  return dm_lua_fail(L, &err);
}

/* file.replace(path, content) → true | nil, message, code: atomically, through a part file; permissions and
 * links stay, and what is no regular file is written to. */
static int file_replace(lua_State *L) {
  struct dm_error err;
  size_t size = 0;
  const char *path = luaL_checkstring(L, 1);
  const char *content = luaL_checklstring(L, 2, &size);
  return push_done(L, dm_file_replace(path, content, size, &err), &err);
}

/* file.sync(folder) → true | nil, message, code: brings the folder's names to disk. */
static int file_sync(lua_State *L) {
  struct dm_error err;
  return push_done(L, dm_file_sync(luaL_checkstring(L, 1), &err), &err);
}

/* file.publish(part, path) → true | nil, message, code: fsync, then rename; file.sync makes it last. */
static int file_publish(lua_State *L) {
  struct dm_error err;
  return push_done(L, dm_file_publish(luaL_checkstring(L, 1), luaL_checkstring(L, 2), &err), &err);
}

/* file.move(part, path) → true | nil, message, code: gives a finished file that is on disk its name; across
 * file systems by a copy. file.sync makes the name last. */
static int file_move(lua_State *L) {
  struct dm_error err;
  return push_done(L, dm_file_move(luaL_checkstring(L, 1), luaL_checkstring(L, 2), &err), &err);
}

/* file.copy(path, copy) → true | nil, message, code: copies a file to a new one, which is on disk then. */
static int file_copy(lua_State *L) {
  struct dm_error err;
  return push_done(L, dm_file_copy(luaL_checkstring(L, 1), luaL_checkstring(L, 2), UINT64_MAX, &err), &err);
}

/* file.link(path, name) → true | nil, message, code: another name for a file, or where that cannot be, a
 * copy. */
static int file_link(lua_State *L) {
  struct dm_error err;
  return push_done(L, dm_file_link(luaL_checkstring(L, 1), luaL_checkstring(L, 2), &err), &err);
}

/* file.symlink(target, path) → true | nil, message, code: a new symbolic link. */
static int file_symlink(lua_State *L) {
  const char *path = luaL_checkstring(L, 2);
  if (symlink(luaL_checkstring(L, 1), path) != 0)
    return fail_errno(L, path);
  lua_pushboolean(L, 1);
  return 1;
}

/* file.space(path) → bytes that are free on the file system of `path`, files that it can take (nil where it
 * has no such limit) | nil, message, code. */
static int file_space(lua_State *L) {
  struct statvfs info;
  const char *path = luaL_checkstring(L, 1);
  if (statvfs(path, &info) != 0)
    return fail_errno(L, path);
  lua_pushinteger(L, (lua_Integer)info.f_bavail * (lua_Integer)info.f_frsize);
  if (info.f_files > 0)
    lua_pushinteger(L, (lua_Integer)info.f_favail);
  else
    lua_pushnil(L);
  return 2;
}

/* file.writable(path) → true | nil, message, code: whether this process may make files in a folder. */
static int file_writable(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  if (faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) != 0)
    return fail_errno(L, path);
  lua_pushboolean(L, 1);
  return 1;
}

/* file.remove(path) → true | nil, message, code: a file or an empty folder; absent is fine. */
static int file_remove(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  if (remove(path) != 0 && errno != ENOENT)
    return fail_errno(L, path);
  lua_pushboolean(L, 1);
  return 1;
}

/* file.remove_tree(path) → true | nil, message, code: a file or a folder with all in it; absent is fine. */
static int file_remove_tree(lua_State *L) {
  struct dm_error err;
  return push_done(L, dm_file_remove_tree(luaL_checkstring(L, 1), &err), &err);
}

/* file.realpath(path) → absolute path without links, `.` and `..` | nil, message, code. */
static int file_realpath(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  char *real = realpath(path, NULL);
  if (real == NULL)
    return fail_errno(L, path);
  lua_pushstring(L, real);
  free(real);
  return 1;
}

/* file.readlink(path) → what a symbolic link says | nil, message, code. */
static int file_readlink(lua_State *L) {
  char target[PATH_MAX];
  const char *path = luaL_checkstring(L, 1);
  ssize_t length = readlink(path, target, sizeof target);
  if (length < 0)
    return fail_errno(L, path);
  lua_pushlstring(L, target, (size_t)length);
  return 1;
}

/* file.cwd() → the current folder's absolute path | nil, message, code. */
static int file_cwd(lua_State *L) {
  char *folder = getcwd(NULL, 0);
  if (folder == NULL)
    return fail_errno(L, ".");
  lua_pushstring(L, folder);
  free(folder);
  return 1;
}

/* file.isatty(fd) → boolean. */
static int file_isatty(lua_State *L) {
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}

/* file.pid() → this process's number, for names that no other process uses. */
static int file_pid(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)getpid());
  return 1;
}

/* file.lock(path, wait) → handle with :close(), to-be-closed | nil, message, code ("busy" when not
 * waiting and another holds it, "interrupted" by a signal while waiting). */
static int file_lock(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  bool wait = lua_toboolean(L, 2) != 0;
  struct dm_lock *lock = lua_newuserdatauv(L, sizeof *lock, 0);
  lock->fd = -1;
  luaL_setmetatable(L, LOCK);
  if (dm_lock_open(lock, path, wait, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* lock:note(text): writes into the lock's file who holds it. */
static int lock_note(lua_State *L) {
  struct dm_lock *lock = luaL_checkudata(L, 1, LOCK);
  dm_lock_note(lock, luaL_checkstring(L, 2));
  return 0;
}

/* lock:remove(path): removes the lock's file and lets the lock go; closed is fine. */
static int lock_remove(lua_State *L) {
  struct dm_lock *lock = luaL_checkudata(L, 1, LOCK);
  dm_lock_remove(lock, luaL_checkstring(L, 2));
  return 0;
}

/* lock:close(): lets the lock go; closed is fine. Also when the handle is collected or leaves scope. */
static int lock_close(lua_State *L) {
  dm_lock_close(luaL_checkudata(L, 1, LOCK));
  return 0;
}

DM_LUA_MODULE int luaopen_datamaestro_api_file(lua_State *L);

int luaopen_datamaestro_api_file(lua_State *L) {
  static const luaL_Reg functions[] = {{"mkdirs", file_mkdirs},     {"stat", file_stat},
                                       {"list", file_list},         {"read", file_read},
                                       {"replace", file_replace},   {"publish", file_publish},
                                       {"sync", file_sync},         {"move", file_move},
                                       {"copy", file_copy},         {"space", file_space},
                                       {"remove", file_remove},     {"remove_tree", file_remove_tree},
                                       {"realpath", file_realpath}, {"cwd", file_cwd},
                                       {"isatty", file_isatty},     {"pid", file_pid},
                                       {"lock", file_lock},         {"link", file_link},
                                       {"symlink", file_symlink},   {"writable", file_writable},
                                       {"readlink", file_readlink}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", lock_close}, {"__close", lock_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"close", lock_close}, {"note", lock_note}, {"remove", lock_remove}, {NULL, NULL}};
  dm_lua_class(L, LOCK, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
