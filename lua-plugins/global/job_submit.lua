-- /etc/slurm/job_submit.lua for a Slurm that carries placeholders and nothing else (Lua 5.1 to 5.4).
-- Slurm reads this file again when it changes; after a change of cloister.lua run `scontrol reconfigure`.
--
-- On a Slurm with a job_submit.lua of its own keep that one, and see cloister_beside.lua.
local folder = CLOISTER_FOLDER or "/etc/slurm"
local config, trouble = dofile(folder .. "/cloister_config.lua")(folder .. "/cloister.lua")
local cloister = dofile(folder .. "/cloister_submit.lua")(config, trouble, dofile(folder .. "/cloister_mark.lua"))
if not config then slurm.log_error("cloister: every submit is refused: %s", trouble) end

function slurm_job_submit(job, partitions, uid)
   local answer = cloister.submit(job, partitions, uid)
   if answer ~= nil then return answer end
   return slurm.SUCCESS
end

function slurm_job_modify(job, record, partitions, uid)
   local answer = cloister.modify(job, record, partitions, uid)
   if answer ~= nil then return answer end
   return slurm.SUCCESS
end

return slurm.SUCCESS
