using DirectorySync.Audit.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>Reads the directory of a request's path, if the caller sees it: what every route below a directory starts with.</summary>
internal sealed class DirectoryAccess(DirectoryService.DirectoryServiceClient directories, ServiceCalls calls)
{
    /// <summary>A foreign directory is as absent as one that does not exist, after the same work.</summary>
    public async Task<Directory> GetAsync(HttpContext http)
    {
        var request = new GetDirectoryRequest { Id = (string)http.Request.RouteValues["id"]! };
        var answer = await calls.SendAsync(http, call => directories.GetDirectoryAsync(request, call).ResponseAsync);
        if (!RestCaller.Of(http).Sees(answer.Directory.OrganizationId))
        {
            throw RestErrors.NotFound("directory");
        }

        // For the audit log: services keep a directory's organization nowhere.
        http.Features.Get<Actor>()!.OrganizationId = answer.Directory.OrganizationId;
        return answer.Directory;
    }
}
