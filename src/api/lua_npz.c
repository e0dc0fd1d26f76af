/* Module datamaestro.api.npz: several tensors in one file, as NumPy's savez writes them. */
#include <string.h>

#include "datamaestro/npz.h"
#include "lua_util.h"
#include "tensor_handle.h"

#define READER "datamaestro.npz.reader"
#define WRITER "datamaestro.npz.writer"

static int reader_close(lua_State *L) {
  dm_npz_close(luaL_checkudata(L, 1, READER));
  return 0;
}

static int writer_close(lua_State *L) {
  dm_npz_writer_close(luaL_checkudata(L, 1, WRITER));
  return 0;
}

/* Pushes array `index`, or nothing where it fails. */
static int push_array(lua_State *L, const struct dm_npz *npz, size_t index, struct dm_error *err) {
  struct dm_tensor *tensor = dm_lua_tensor_new(L);
  if (dm_npz_read(npz, index, tensor, err) != 0) {
    lua_pop(L, 1);
    return -1;
  }
  dm_lua_tensor_widen(tensor);
  if (tensor->storage != npz->storage)
    dm_lua_tensor_account(L, tensor);
  return 0;
}

/* npz.read(path[, name]) → table of all tensors by name, or the tensor of that name | nil, message, code:
 * stored arrays are mapped, deflated ones inflated and checked. "unknown" when the file or the name is
 * missing, "format" when it is no NPZ file or an array of it cannot be read. */
static int npz_read(lua_State *L) {
  struct dm_error err;
  size_t name_size = 0;
  size_t index = 0;
  const char *path = luaL_checkstring(L, 1);
  const char *name = luaL_optlstring(L, 2, NULL, &name_size);
  struct dm_npz *npz = lua_newuserdatauv(L, sizeof *npz, 0);
  *npz = (struct dm_npz){.storage = NULL};
  luaL_setmetatable(L, READER);
  if (dm_npz_open(npz, path, &err) != 0)
    return dm_lua_fail(L, &err);
  if (name != NULL) {
    if (dm_npz_find(npz, name, name_size, &index, &err) != 0 || push_array(L, npz, index, &err) != 0)
      return dm_lua_fail(L, &err);
    return 1;
  }
  lua_newtable(L);
  for (; index < npz->count; index++) {
    lua_pushlstring(L, npz->members[index].name, npz->members[index].name_size);
    if (push_array(L, npz, index, &err) != 0)
      return dm_lua_fail(L, &err);
    lua_rawset(L, -3);
  }
  return 1;
}

/* npz.write(path, names, tensors) → true | nil, message, code: tensors[i] under names[i], in this order. The
 * file takes the place of one that is there when it is whole and on disk. */
static int npz_write(lua_State *L) {
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  struct dm_npz_writer *writer = lua_newuserdatauv(L, sizeof *writer, 0);
  *writer = (struct dm_npz_writer){.file.fd = -1};
  luaL_setmetatable(L, WRITER);
  if (dm_npz_writer_open(writer, path, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_Integer count = (lua_Integer)lua_rawlen(L, 2);
  for (lua_Integer i = 1; i <= count; i++) {
    size_t name_size = 0;
    lua_rawgeti(L, 2, i);
    const char *name = luaL_checklstring(L, -1, &name_size);
    lua_rawgeti(L, 3, i);
    if (dm_npz_writer_add(writer, name, name_size, dm_lua_tensor_check(L, -1), &err) != 0)
      return dm_lua_fail(L, &err);
    lua_pop(L, 2);
  }
  if (dm_npz_writer_publish(writer, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, true);
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_npz(lua_State *L);

int luaopen_datamaestro_api_npz(lua_State *L) {
  static const luaL_Reg functions[] = {{"read", npz_read}, {"write", npz_write}, {NULL, NULL}};
  static const luaL_Reg reader[] = {{"__gc", reader_close}, {NULL, NULL}};
  static const luaL_Reg writer[] = {{"__gc", writer_close}, {NULL, NULL}};
  lua_getglobal(L, "require"); /* the class of the tensors */
  lua_pushliteral(L, "datamaestro.api.tensor");
  lua_call(L, 1, 0);
  dm_lua_class(L, READER, reader, NULL);
  dm_lua_class(L, WRITER, writer, NULL);
  luaL_newlib(L, functions);
  return 1;
}
