using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;
using Npgsql;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>A row of profiles.</summary>
internal sealed record StoredProfile(byte[] UserData, Profile Profile, Guid? Bootstrap, byte[]? Shape)
{
    public User User => User.Parser.ParseFrom(UserData);

    public static SqlText Columns => $"p.user_data, p.data, p.bootstrap, p.shape";

    public static StoredProfile Read(NpgsqlDataReader row) => new(
        row.GetFieldValue<byte[]>(0), Profile.Parser.ParseFrom(row.GetFieldValue<byte[]>(1)), row.IsDBNull(2) ? null : row.GetGuid(2),
        row.IsDBNull(3) ? null : row.GetFieldValue<byte[]>(3));
}
