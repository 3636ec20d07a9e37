using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.Credentials;
using Microsoft.Extensions.Options;

namespace DirectorySync.Identity.Directories;

/// <summary>
/// Lists what is wrong in a directory: with itself and its tokens, with users as they were last written, and between users that share an
/// address. Each is looked for anew, so that what is right again is gone.
/// </summary>
internal sealed class ProblemStore(Database database, DirectoryStore directories, TimeProvider time, IOptions<IdentityOptions> options)
{
    public async Task<IReadOnlyList<Problem>> ListAsync(string directoryId, int limit, CancellationToken ct)
    {
        var directory = await directories.FindAsync(directoryId, ct) ?? throw Inputs.NotFound("directory");
        var enabledTime = await database.Sql($"select enabled_time from directories where id = {directoryId}")
            .FindAsync(row => row.FindTime(0), ct);
        var tokens = await database.Sql($"""
            select data, last_use_time from scim_tokens where directory_id = {directoryId} order by id desc limit 1000
            """).ListAsync(ScimTokenStore.Read, ct);
        List<Problem> problems =
        [
            .. DirectoryProblems.Of(directory, enabledTime, tokens, options.Value, time.GetUtcNow()),
            .. await OfUsersAsync(directoryId, limit, ct),
            .. await DuplicateEmailsAsync(directory, limit, ct),
        ];
        return [.. problems.OrderByDescending(problem => problem.Since.ToDateTimeOffset()).Take(limit)];
    }

    private Task<List<Problem>> OfUsersAsync(string directoryId, int limit, CancellationToken ct) => database.Sql($"""
        select user_id, code, attribute, detail, remedy, since from user_problems
        where directory_id = {directoryId} order by since desc limit {limit}
        """).ListAsync(
            row => new Problem
            {
                ResourceId = row.GetString(0),
                Code = row.GetString(1),
                Attribute = row.GetString(2),
                Detail = $"{row.GetString(2)}: {row.GetString(3)}",
                Remedy = row.GetString(4),
                Since = row.GetFieldValue<DateTimeOffset>(5).ToTimestamp(),
            },
            ct);

    private Task<List<Problem>> DuplicateEmailsAsync(Directory directory, int limit, CancellationToken ct) => database.Sql($"""
        select e.value_key, e.user_id, u.update_time
        from user_emails e
        join users u on u.directory_id = e.directory_id and u.id = e.user_id
        where e.directory_id = {directory.Id} and e.active and e.value_key in (
          select value_key from user_emails where directory_id = {directory.Id} and active group by value_key having count(*) > 1)
        order by u.update_time desc limit {limit}
        """).ListAsync(
            row => DirectoryProblems.DuplicateEmail(
                row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2), directory.Provider),
            ct);
}
