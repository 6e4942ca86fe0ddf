-- An example of a site's own job_submit.lua on a Slurm that also carries Cloister's placeholders. All of it is the site's but the
-- line near its end.
local LONGEST_TEST = 30 -- minutes

function slurm_job_submit(job, _, uid)
   if job.partition == "test" and (job.time_limit == nil or job.time_limit > LONGEST_TEST) then
      slurm.log_user("jobs in the partition test need --time of at most %d minutes", LONGEST_TEST)
      return slurm.ERROR
   end
   if job.account == nil then
      slurm.log_info("uid %d gave no account", uid)
      job.account = "guests"
   end
   return slurm.SUCCESS
end

function slurm_job_modify(job, _, _, uid)
   if job.priority == 0 and uid ~= 0 then
      slurm.log_user("ask the operators to hold a job")
      return slurm.ERROR
   end
   return slurm.SUCCESS
end

dofile("/etc/slurm/cloister_beside.lua")("sealed")
return slurm.SUCCESS
