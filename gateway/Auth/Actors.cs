using DirectorySync.Audit.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Auth;

/// <summary>Says to the services, for their audit log, on whose behalf a request acts. Set as a feature of the request.</summary>
internal static class Actors
{
    private const int LongestAgent = 256;

    public static Actor Of(ApiKey key, HttpContext http) => Of(ActorType.ApiKey, key.Id, key.Name, http);

    public static Actor Of(ActorType type, string id, string name, HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        var agent = http.Request.Headers.UserAgent.ToString();
        return new()
        {
            Type = type, Id = id, Name = name, Address = $"{(address?.IsIPv4MappedToIPv6 == true ? address.MapToIPv4() : address)}",
            UserAgent = agent.Length > LongestAgent ? agent[..LongestAgent] : agent,
        };
    }
}
