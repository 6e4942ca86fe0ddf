-- /etc/slurm/jobcomp.lua, optional (JobCompType=jobcomp/lua): a placeholder's record says what it really used (Lua 5.1 to 5.4).
-- On a Slurm with a jobcomp.lua of its own keep that one, and see cloister_beside.lua.
local folder = CLOISTER_FOLDER or "/etc/slurm"
local config, trouble = dofile(folder .. "/cloister_config.lua")(folder .. "/cloister.lua")
local note = config and dofile(folder .. "/cloister_usage.lua")(config, dofile(folder .. "/cloister_mark.lua"))
if not config then slurm.log_error("cloister: no usage is noted until an administrator mends %s", trouble) end

function slurm_jobcomp_log_record(record)
   if note then note(record) end
   return slurm.SUCCESS
end

return slurm.SUCCESS
