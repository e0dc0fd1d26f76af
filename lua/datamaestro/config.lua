--- Where things are: the data directory, the user's folders.
local file = require "datamaestro.api.file"

local config = {}

--- The user's home folder.
-- @return string | nil, message, "usage" when HOME is not set
function config.home()
  local home = os.getenv "HOME"
  if home and home ~= "" then
    return home
  end
  return nil, "HOME: not set (a home folder expected; or give --data DIR)", "usage"
end

--- Makes a path absolute: `~` is the home folder, the rest is relative to the current folder.
-- @param path string
-- @return string | nil, message, code
function config.absolute(path)
  if path == "~" or path:sub(1, 2) == "~/" then
    local home, message, code = config.home()
    if not home then
      return nil, message, code
    end
    return home .. path:sub(2)
  elseif path:sub(1, 1) == "/" then
    return path
  end
  local folder, message, code = file.cwd()
  if not folder then
    return nil, message, code
  end
  return folder .. "/" .. path
end

--- The folder of the user's settings: $XDG_CONFIG_HOME/datamaestro, else ~/.config/datamaestro.
-- @param getenv function|nil: name → value | nil (default os.getenv)
-- @return string: absolute | nil: without a home folder
function config.user_folder(getenv)
  getenv = getenv or os.getenv
  local folder, home = getenv "XDG_CONFIG_HOME", getenv "HOME"
  if not folder or folder:sub(1, 1) ~= "/" then
    folder = home and home ~= "" and home .. "/.config" or nil
  end
  return folder and folder .. "/datamaestro"
end

--- The folder of what the program notes for itself: $XDG_STATE_HOME/datamaestro, else
-- ~/.local/state/datamaestro.
-- @return string: absolute | nil: without a home folder
function config.state_folder()
  local folder, home = os.getenv "XDG_STATE_HOME", os.getenv "HOME"
  if not folder or folder:sub(1, 1) ~= "/" then
    folder = home and home ~= "" and home .. "/.local/state" or nil
  end
  return folder and folder .. "/datamaestro"
end

--- The data directory: as asked, else $DATAMAESTRO_DIR, else ~/datamaestro.
-- @param asked string|nil: what --data says
-- @return string: absolute, without a slash at its end | nil, message, code
function config.data_directory(asked)
  local path = asked or os.getenv "DATAMAESTRO_DIR"
  local absolute, message, code = config.absolute(path and path ~= "" and path or "~/datamaestro")
  if not absolute then
    return nil, message, code
  end
  return (absolute:gsub("(.)/+$", "%1"))
end

return config
