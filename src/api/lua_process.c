/* Module datamaestro.api.process: whose is a file that a process leaves behind. */
#include <poll.h>
#include <unistd.h>

#include "datamaestro/owner.h"
#include "lua_util.h"

enum { HOST_SIZE = 256 }; /* bytes */

/* process.owner() → the name of this process, for names of files that are its own: letters, digits, dashes.
 */
static int process_owner(lua_State *L) {
  char name[DM_OWNER_SIZE];
  dm_owner_name(name);
  lua_pushstring(L, name);
  return 1;
}

/* process.is_alive(owner) → true, false, or nil where it cannot be known: on another machine, in another
 * container, before this machine was last started. */
static int process_is_alive(lua_State *L) {
  enum dm_owner_life life = dm_owner_life(luaL_checkstring(L, 1));
  if (life == DM_OWNER_UNKNOWN)
    lua_pushnil(L);
  else
    lua_pushboolean(L, life == DM_OWNER_ALIVE);
  return 1;
}

/* process.host() → the name of this machine. */
static int process_host(lua_State *L) {
  char name[HOST_SIZE] = "";
  if (gethostname(name, sizeof name - 1) != 0)
    name[0] = '\0';
  lua_pushstring(L, name[0] != '\0' ? name : "this machine");
  return 1;
}

/* process.sleep(seconds): waits, or until a signal comes. */
static int process_sleep(lua_State *L) {
  double seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e6, 1, "0 or more seconds expected");
  (void)poll(NULL, 0, (int)(seconds * 1000 + 0.999));
  return 0;
}

DM_LUA_MODULE int luaopen_datamaestro_api_process(lua_State *L);

int luaopen_datamaestro_api_process(lua_State *L) {
  static const luaL_Reg functions[] = {{"owner", process_owner},
                                       {"is_alive", process_is_alive},
                                       {"host", process_host},
                                       {"sleep", process_sleep},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
