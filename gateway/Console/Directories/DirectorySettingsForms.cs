using System.Text.Json;
using DirectorySync.Gateway.Rest;

namespace DirectorySync.Gateway.Console.Directories;

/// <summary>Takes up a document of settings, as PUT /directories/{id}/settings does.</summary>
internal sealed class DirectorySettingsForms(SettingsEndpoints settings, DirectoryAccess access)
{
    public async Task<IResult> TakeUpAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var text = form.Require("document", "The document");
        form.Check();
        try
        {
            using var document = JsonDocument.Parse(text, new() { MaxDepth = 16, AllowDuplicateProperties = false });
            await settings.TakeUpAsync(http, directory, RestBody.Parse(document.RootElement, SettingsEndpoints.Fields));
        }
        catch (JsonException)
        {
            form.Refuse("document", "This is not JSON. Paste the whole document, from the first brace to the last.");
            form.Check();
        }

        return Pages.See($"{Pages.Console}/directories/{directory.Id}/settings", "saved");
    }
}
