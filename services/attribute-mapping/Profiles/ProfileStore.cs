using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Paging;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>Profiles as they are read.</summary>
internal sealed class ProfileStore(Database database, ProfileCache cache)
{
    public async Task<Profile?> FindAsync(string directoryId, string userId, CancellationToken ct)
    {
        var found = await cache.FindAsync(directoryId, userId);
        if (found.IsHit)
        {
            return Profile.Parser.ParseFrom(found.Value.Span);
        }

        if (found.IsDeleted)
        {
            return null;
        }

        var profile = await database.Sql($"""
            select data from profiles p where p.directory_id = {directoryId} and p.user_id = {userId} and {InOpenDirectory(directoryId)}
            """).FindAsync(row => Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);
        if (profile is not null)
        {
            await cache.FillAsync(found, profile);
        }

        return profile;
    }

    public async Task<List<Profile>> FindAllAsync(string directoryId, string[] userIds, CancellationToken ct)
    {
        var found = await cache.FindAllAsync(directoryId, userIds);
        var profiles = new List<Profile>(userIds.Length);
        var unknown = new Dictionary<string, CacheResult>();
        for (var i = 0; i < userIds.Length; i++)
        {
            if (found[i].IsHit)
            {
                profiles.Add(Profile.Parser.ParseFrom(found[i].Value.Span));
            }
            else if (!found[i].IsDeleted)
            {
                unknown[userIds[i]] = found[i];
            }
        }

        if (unknown.Count > 0)
        {
            var read = await database.Sql($"""
                select data from profiles p
                where p.directory_id = {directoryId} and p.user_id = any({unknown.Keys.ToArray()}) and {InOpenDirectory(directoryId)}
                """).ListAsync(row => Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);
            await Task.WhenAll(read.Select(profile => cache.FillAsync(unknown[profile.UserId], profile)));
            profiles.AddRange(read);
        }

        return profiles;
    }

    /// <summary>Newest first.</summary>
    public async Task<ListProfileProblemsResponse> ListProblemsAsync(ListProfileProblemsRequest request, CancellationToken ct)
    {
        const string Method = "ListProfileProblems";
        var size = Inputs.PageSize(request.PageSize, 100, 1000);
        SqlText of = $"""
            p.directory_id = {request.DirectoryId} and {Is($"p.attribute", request.Attribute)} and {Is($"p.user_id", request.UserId)}
              and {InOpenDirectory(request.DirectoryId)}
            """;
        var total = await database.Sql($"select count(*) from profile_problems p where {of}").SingleAsync(row => row.GetInt64(0), ct);
        SqlText behind = $"true";
        if (request.PageToken.Length > 0)
        {
            var last = PageToken.Read(Method, request.PageToken, 6);
            RequireSame(last[0] == request.Attribute && last[1] == request.UserId && DateTimeOffset.TryParse(
                last[2], System.Globalization.CultureInfo.InvariantCulture, out var since));
            since = DateTimeOffset.Parse(last[2], System.Globalization.CultureInfo.InvariantCulture);
            behind = $"""
                (p.since < {since} or (p.since = {since} and (p.user_id, p.attribute, p.code) > ({last[3]}, {last[4]}, {last[5]})))
                """;
        }

        var rows = await database.Sql($"""
            select p.code, p.detail, p.remedy, p.user_id, p.attribute, p.since
            from profile_problems p
            where {of} and {behind}
            order by p.since desc, p.user_id, p.attribute, p.code
            limit {size + 1}
            """).ListAsync(
            row => new Problem
            {
                Code = row.GetString(0),
                Detail = row.GetString(1),
                Remedy = row.GetString(2),
                ResourceId = row.GetString(3),
                Attribute = row.GetString(4),
                Since = row.FindTime(5),
            },
            ct);
        var more = rows.Count > size;
        var response = new ListProfileProblemsResponse { TotalSize = total, Problems = { rows.Take(size) } };
        if (more)
        {
            var last = rows[size - 1];
            response.NextPageToken = PageToken.Issue(
                Method, request.Attribute, request.UserId, last.Since.ToDateTimeOffset().ToString("O", System.Globalization.CultureInfo.InvariantCulture),
                last.ResourceId, last.Attribute, last.Code);
        }

        return response;
    }

    // What a closed directory holds is being removed and no longer counts.
    private static SqlText InOpenDirectory(string directoryId) =>
        $"exists (select from directory_mappings d where d.directory_id = {directoryId} and not d.closed)";

    private static SqlText Is(SqlText column, string value) => value.Length == 0 ? $"true" : (SqlText)$"{column} = {value}";

    private static void RequireSame(bool same)
    {
        if (!same)
        {
            throw Chassis.Errors.RpcErrors.ToRpc(
                Errors.V1.ErrorReason.InvalidPageToken, "The page token belongs to another list.", ("attribute", "page_token"));
        }
    }
}
