-- An example of a site's own jobcomp.lua on a Slurm that also carries Cloister's placeholders. All of it is the site's but the line
-- near its end.
function slurm_jobcomp_log_record(record)
   if record.partition == "test" then record.admin_comment = "test" end
   return slurm.SUCCESS
end

dofile("/etc/slurm/cloister_beside.lua")("sealed")
return slurm.SUCCESS
