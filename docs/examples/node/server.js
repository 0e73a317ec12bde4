// usage: node server.js [PORT [SOCKET]] - a licensed web application that degrades and does not break. README.md says what it shows.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const express = require('express');
const holdfast = require('holdfast');
const {requireLicense, requireFeature, seat} = require('holdfast/express');

const DAY_MS = 24 * 3600 * 1000;

// It comes with the program and is installed with it, where users cannot write: it is what everything is trusted by.
const rootsPem = fs.readFileSync(path.join(__dirname, 'roots.pem'));

function createApp(license) {
  const drawings = new Map();
  const app = express();
  app.use(express.json());

  // Everybody sees how the license stands before something is denied: scripts in a header, people in a banner.
  app.use((req, res, next) => {
    const {reason, advice} = license.status();
    res.locals.notice = reason === 'active' ? '' : advice;
    if (reason !== 'active') res.set('License-Notice', reason);
    next();
  });

  app.param('id', (req, res, next, id) => {
    res.locals.drawing = drawings.get(id);
    if (res.locals.drawing) next();
    else res.status(404).json({title: 'there is no such drawing'});
  });

  app.get('/', (req, res) => res.send(page(res.locals.notice, drawings)));
  app.get('/license', (req, res) => res.json(license.status()));

  // New work needs a license and a seat. Who the user is would be your authentication's to say.
  const users = seat(license, 'users', {session: (req) => req.get('X-User') ?? req.ip, idleMs: 15 * 60 * 1000});
  app.post('/drawings', requireLicense(license), users, (req, res) => {
    const id = String(drawings.size + 1);
    drawings.set(id, {name: String(req.body?.name ?? 'untitled'), lines: []});
    res.status(201).location(`/drawings/${id}`).json({id});
  });

  // What users have made is theirs: to open, save and take along it needs no license, whatever has become of that.
  app.get('/drawings/:id', (req, res) => res.json(res.locals.drawing));
  app.put('/drawings/:id', (req, res) => {
    Object.assign(res.locals.drawing, {lines: req.body?.lines ?? []});
    res.sendStatus(204);
  });
  app.get('/drawings/:id/file', (req, res) => res.attachment('drawing.json').json(res.locals.drawing));

  // A value at the point of use. The default is what everybody has; the fallback edition's lies in between.
  app.get('/drawings/:id/picture', (req, res) => {
    const width = license.integer('max-resolution', 640);
    const watermark = license.text('watermark', 'unlicensed');
    res.type('svg').send(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}"><title>${escaped(res.locals.drawing.name)}</title>` +
      `${watermark === 'none' ? '' : `<text>${escaped(watermark)}</text>`}</svg>`);
  });

  // A feature that is sold: conversion for other programs. Where it is denied the answer says why, and what to do.
  app.post('/drawings/:id/export', requireFeature(license, 'export'), (req, res) => res.type('text').send(`STEP of ${res.locals.drawing.name}\n`));
  return app;
}

function page(notice, drawings) {
  const banner = notice && `<p role="status">License: ${escaped(notice)}</p>`;
  return `<!doctype html><title>Acme CAD</title>${banner}<ul>${[...drawings].map(([id, {name}]) => `<li><a href="/drawings/${id}">${escaped(name)}</a>`).join('')}</ul>\n`;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

// The log has it when something changes, and once a day as long as it lasts.
function tellAdministrator(license) {
  const tell = () => {
    const {reason, advice} = license.status();
    if (reason !== 'active') console.warn(`license: ${reason}: ${advice}`);
  };
  license.on('change', tell);
  setInterval(tell, DAY_MS).unref();
  tell();
}

function main([port = '8080', socket]) {
  // Also where there is no license yet: the application starts, says so, and goes on by itself when there is one.
  const license = holdfast.open({product: 'acme-cad', rootsPem, socket, openAnyway: true});
  tellAdministrator(license);
  const server = createApp(license).listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
  process.once('SIGTERM', () => server.close(() => license.close()));
}

main(process.argv.slice(2));
